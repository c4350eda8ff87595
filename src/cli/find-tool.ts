import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/interfaces';
import { UsageError } from '../errors.js';
import type { ToolDefinition } from '../trace/tool.js';
import type { ToolCommand } from './tool-command.js';

/** Whether a command is a tool, from the manifest. */
export function isTool(command: Command.Loadable): boolean {
  return (command as { isTool?: boolean }).isTool === true;
}

/** The definition of a tool. Throws UsageError if there is no such tool. */
export async function findTool(config: Config, name: string): Promise<ToolDefinition> {
  const { tool } = ((await config.findCommand(name)?.load()) ?? {}) as Partial<ToolCommand>;
  if (!tool) throw new UsageError(`unknown tool ${name} (see snoopkit --help)`);
  return tool;
}
