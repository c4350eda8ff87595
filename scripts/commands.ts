import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core/command';
import { toolCommand } from '../src/cli/tool-command.js';
import type { ToolDefinition } from '../src/trace/tool.js';
import { root } from './generated.js';

/** A command, and its definition if it is a tool. */
export interface Named {
  readonly name: string;
  readonly command: Command.Class;
  readonly tool: ToolDefinition | undefined;
}

/** The compiled file of a command. */
export interface CommandFile {
  readonly name: string;
  /** Relative to the root. */
  readonly file: string;
  readonly isTool: boolean;
}

/** The compiled modules of all commands, by name. */
export function commandFiles(): CommandFile[] {
  const files = ['dist/tools', 'dist/src/commands'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.js'))
      .map((file) => ({
        name: file.slice(0, -'.js'.length),
        file: `${folder}/${file}`,
        isTool: folder === 'dist/tools',
      })),
  );
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All compiled commands, regardless of the manifest. */
export async function loadCommands(): Promise<Named[]> {
  const load = async ({ name, file, isTool }: CommandFile): Promise<Named> => {
    const { default: loaded } = await import(pathToFileURL(join(root, file)).href);
    if (!isTool) return { name, command: loaded, tool: undefined };
    return { name, command: toolCommand(loaded), tool: loaded };
  };
  return Promise.all(commandFiles().map(load));
}
