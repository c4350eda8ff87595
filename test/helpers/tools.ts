/** The compiled tools. A new one is tested automatically. */
import { readdirSync } from 'node:fs';
import type { ToolDefinition } from '../../src/trace/tool.js';

const folder = new URL('../../tools/', import.meta.url);

/** The definition of a tool. */
export async function loadTool(name: string): Promise<ToolDefinition> {
  return (await import(new URL(`${name}.js`, folder).href)).default;
}

/** All definitions, with the names of their files. */
export async function loadTools(): Promise<{ file: string; tool: ToolDefinition }[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.slice(0, -'.js'.length));
  return Promise.all(names.map(async (name) => ({ file: name, tool: await loadTool(name) })));
}
