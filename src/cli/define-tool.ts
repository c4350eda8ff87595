import { type Command, Flags } from '@oclif/core';
import { splitWords } from './arguments.js';
import { BaseCommand } from './base-command.js';
import { sharedFlags } from './flags.js';
import { parseOptions, type SharedFlagValues } from './options.js';
import type { ToolDefinition } from './tool.js';

/** A command that runs a tool; `tool` is what it was made from, for those who write manuals and test it. */
export type ToolCommand = Command.Class & { readonly tool: ToolDefinition };

/** Makes the command of a tool from its definition: `export default defineTool({...})` in tools/<name>.ts. */
export function defineTool(tool: ToolDefinition): ToolCommand {
  const own = Object.entries(tool.flags ?? {}).map(([name, { char, summary }]) => [
    name,
    Flags.boolean({ summary, helpGroup: 'TOOL', ...(char && { char: char as 'a' }) }),
  ]);
  return class extends BaseCommand {
    static readonly tool = tool;
    static override summary = tool.summary;
    static override description = tool.description;
    static override usage = [`${tool.name} [FLAGS] [-- COMMAND ARGUMENTS...]`];
    static override flags = { ...Object.fromEntries(own), ...sharedFlags };
    static override examples = tool.examples.map(({ summary, command }) => ({
      description: summary,
      command: command.startsWith('<%=') ? command : `<%= config.bin %> ${tool.name} ${command}`.trimEnd(),
    }));

    async run(): Promise<void> {
      const words = splitWords(this.argv);
      const { flags } = await this.parse(this.ctor, words.own);
      const given = flags as SharedFlagValues;
      const options = parseOptions(given, words.command);
      const { runTool } = await import('./session.js');
      process.exitCode = await runTool(tool, options, flags);
    }
  } as unknown as ToolCommand;
}
