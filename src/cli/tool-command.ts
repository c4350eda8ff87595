import type { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import type { ToolDefinition } from '../trace/tool.js';
import { HELP_VALUE, LISTS, type ToolFlag } from '../trace/tool-flag.js';
import { BaseCommand, refuseTwoOutputs } from './base-command.js';
import { splitWords } from './flags/arguments.js';
import { sharedFlags } from './flags/flags.js';
import { netFlags } from './flags/net-flags.js';
import type { SharedFlagValues } from './flags/options.js';
import { otlpFlags } from './flags/otlp-flags.js';
import { reportFlags } from './flags/report-flags.js';

/** A command that runs a tool; `tool` is its definition, for manuals and tests. */
export type ToolCommand = Command.Class & { readonly tool: ToolDefinition };

const TREE = 'show the process tree at the end; with --failed only branches that lead to failures';

function ownFlag(flag: ToolFlag) {
  const { char, summary } = flag;
  const common = { summary, ...(char && { char: char as 'a' }) };
  if (flag.takes === undefined) return Flags.boolean(common);
  const value = { ...common, helpValue: HELP_VALUE[flag.takes] };
  if (LISTS.has(flag.takes)) return Flags.string({ ...value, multiple: true });
  return Flags.string({ ...value, ...(flag.takes === 'size' && { default: flag.default }) });
}

/** A repeatable flag takes one value each time: the next word is not a value, but may be a command without its `--`. */
function eachOneValue(flags: FlagInput): FlagInput {
  const one = ([name, flag]: [string, FlagInput[string]]) =>
    [name, flag.type === 'option' && flag.multiple ? { ...flag, multipleNonGreedy: true } : flag] as const;
  return Object.fromEntries(Object.entries(flags).map(one));
}

/** Makes the command that runs a tool. */
export function toolCommand(tool: ToolDefinition): ToolCommand {
  const tree = tool.hasTree && { tree: Flags.boolean({ summary: TREE }) };
  const report = tool.tally && reportFlags(tool.tally);
  const own = Object.entries(tool.flags ?? {}).map(([name, flag]) => [name, ownFlag(flag)]);
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
    static override flags = eachOneValue({
      ...Object.fromEntries(own),
      ...tree,
      ...(tool.sockets && netFlags),
      ...sharedFlags,
      ...otlpFlags,
      ...report,
    });
    static override examples = tool.examples.map(({ summary, command }) => ({
      description: summary,
      command: command.startsWith('<%=') ? command : `<%= config.bin %> ${tool.name} ${command}`.trimEnd(),
    }));

    async run(): Promise<void> {
      const words = splitWords(this.argv);
      const { flags, metadata } = await this.parse(this.ctor, words.own);
      refuseTwoOutputs(flags, metadata.flags);
      // Loaded only now: --help does not need it.
      const { parseOptions } = await import('./flags/options.js');
      const options = parseOptions(flags as SharedFlagValues, words.command);
      const { runTool } = await import('./session.js');
      process.exitCode = await runTool(tool, options, flags);
    }
  } as unknown as ToolCommand;
}
