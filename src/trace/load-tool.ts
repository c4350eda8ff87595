import { existsSync } from 'node:fs';
import { UsageError } from '../errors.js';
import { moduleOf } from './object-path.js';
import type { ToolDefinition } from './tool.js';

/** The definition of a tool, from tools/<name>.ts. Throws UsageError if there is none. */
export async function loadTool(name: string): Promise<ToolDefinition> {
  const file = moduleOf(name);
  if (!/^[a-z]+$/.test(name) || !existsSync(file)) throw new UsageError(`unknown tool ${name}`);
  return (await import(file.href)).default;
}
