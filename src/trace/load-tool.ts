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

/** The tool that a program asks for. Throws UsageError if it is neither the name of one nor a definition. */
export async function toolOf(tool: string | ToolDefinition): Promise<ToolDefinition> {
  if (typeof tool === 'string') return loadTool(tool);
  const { name, event, columns, hooks } = Object(tool) as Partial<ToolDefinition>;
  if (typeof name === 'string' && event && columns && hooks) return tool;
  throw new UsageError('tool: expected the name of one, such as opensnoop, or a definition');
}
