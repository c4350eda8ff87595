import type { Command } from '@oclif/core/command';
import type { GivenFlags } from '../trace/flags/flag.js';
import type { ToolDefinition } from '../trace/tool.js';
import { BaseCommand, refuseTwoOutputs } from './base-command.js';
import { splitWords } from './flags/arguments.js';
import { toolFlags } from './flags/flags.js';
import { oclifFlags } from './flags/oclif.js';

/** A command that runs a tool; `tool` is its definition, for manuals and tests. */
export type ToolCommand = Command.Class & { readonly tool: ToolDefinition };

/** Makes the command that runs a tool. */
export function toolCommand(tool: ToolDefinition): ToolCommand {
  return class extends BaseCommand {
    /** Distinguishes tools from other commands in the manifest. */
    static readonly isTool = true;
    /** An accessor, because oclif would copy a property to the manifest, which is read at every start. */
    static get tool(): ToolDefinition {
      return tool;
    }
    static override summary = tool.summary;
    static override description = tool.description;
    static override usage = [`${tool.name} [FLAGS] [-- COMMAND ARGUMENTS...]`];
    static override flags = oclifFlags(toolFlags(tool));
    static override examples = tool.examples.map(({ summary, command }) => ({
      description: summary,
      command: command.startsWith('<%=') ? command : `<%= config.bin %> ${tool.name} ${command}`.trimEnd(),
    }));

    async run(): Promise<void> {
      const words = splitWords(this.argv);
      const { flags, metadata } = await this.parse(this.ctor, words.own);
      refuseTwoOutputs(flags, metadata.flags);
      // The flags are those of the table: switches, texts and lists of them.
      const given = flags as GivenFlags;
      // Loaded only now: --help does not need it.
      const { parseOptions } = await import('./flags/options.js');
      const options = parseOptions(given, words.command);
      const { runTool } = await import('./session.js');
      process.exitCode = await runTool(tool, options, given);
    }
  } as unknown as ToolCommand;
}
