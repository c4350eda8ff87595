import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core/command';
import type { ToolCommand } from '../src/cli/define-tool.js';
import type { ToolDefinition } from '../src/cli/tool.js';
import { root } from './generated.js';

/** A command, and what it was made from if it is a tool. */
export interface Named {
  readonly name: string;
  readonly command: Command.Class;
  readonly tool: ToolDefinition | undefined;
}

/** All commands as they are compiled, whatever the manifest says. */
export async function loadCommands(): Promise<Named[]> {
  const folder = join(root, 'dist', 'tools');
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const load = async (file: string): Promise<Named> => {
    const { default: command } = (await import(pathToFileURL(join(folder, file)).href)) as { default: ToolCommand };
    return { name: file.slice(0, -'.js'.length), command, tool: command.tool };
  };
  return Promise.all(files.sort().map(load));
}
