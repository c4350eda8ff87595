import type { Config } from '@oclif/core/interfaces';
import { UsageError } from '../errors.js';
import type { ToolCommand } from './define-tool.js';
import type { ToolDefinition } from './tool.js';

/** The definition of a tool. Throws UsageError where there is no tool of that name. */
export async function findTool(config: Config, name: string): Promise<ToolDefinition> {
  const { tool } = ((await config.findCommand(name)?.load()) ?? {}) as Partial<ToolCommand>;
  if (!tool) throw new UsageError(`there is no tool ${name} (snoopkit --help lists them)`);
  return tool;
}
