import type { Command } from '@oclif/core/command';
import { type CommandHelp, Help } from '@oclif/core/help';
import type { HelpOptions } from '@oclif/core/interfaces';
import { UsageError } from '../../errors.js';
import { described, isTool } from '../find-tool.js';
import { notFoundText } from '../flags/not-found.js';
import { reportError } from '../talk.js';
import { isTerminal, terminalWidth } from '../terminal.js';
import type { ToolCommand } from '../tool-command.js';
import { writeText } from '../write-text.js';
import { ALL, SnoopkitCommandHelp } from './command-help.js';
import { FLAG_GROUPS, flagsByGroup } from './manual.js';

/** Longer lines are hard to read, however wide the terminal is; shorter ones make no sense. */
const WIDEST = 100;
const NARROWEST = 20;
/** Without a terminal. */
const USUAL = 80;

/** Column where summaries begin. */
const ENTRY = 14;

/** Examples for new users. */
const EXAMPLES = [
  ['Files that nginx fails to open', 'sudo snoopkit opensnoop -x -n nginx'],
  ['Process tree of a build, with failures', 'sudo snoopkit procsnoop -f --tree -- make'],
  ['TCP connections as JSON', 'sudo snoopkit tcpconnect -o json | jq -c .'],
  ['Check what works on this machine', 'snoopkit doctor'],
] as const;

function lineWidth(): number {
  const width = (isTerminal() ? terminalWidth() : undefined) ?? USUAL;
  return Math.max(NARROWEST, Math.min(WIDEST, width));
}

/** The help asked for: a command or flag group, and a topic of it. */
interface Request {
  readonly subject: string | undefined;
  readonly topic: string | undefined;
}

/** Parses a command line with `--help`: the first word is the command, the word after --help the topic. */
function helpRequest(argv: readonly string[]): Request {
  const at = argv.findIndex((word) => word === '--help' || word === '-h');
  const isWord = (word: string | undefined) => word !== undefined && !word.startsWith('-');
  const before = argv.slice(0, Math.max(0, at)).find(isWord);
  const behind = argv.slice(at + 1, at + 3).filter((word, i, words) => isWord(word) && (i === 0 || isWord(words[0])));
  if (before !== undefined) return { subject: before, topic: behind[0] };
  return { subject: behind[0], topic: behind[1] };
}

/** The first of the commands that has a flag group. */
async function firstWith(group: string, commands: readonly Command.Loadable[]): Promise<Command.Loadable | undefined> {
  if (!Object.hasOwn(FLAG_GROUPS, group)) return undefined;
  for (const command of commands) {
    const whole = await described(command);
    if (flagsByGroup(whole.flags).has(group)) return whole;
  }
  return undefined;
}

/** oclif's help, adapted to tools. It loads the command that it is about, and nothing that traces. */
export class SnoopkitHelp extends Help {
  #tool: ToolCommand | undefined;
  #topic: string | undefined;
  #text = '';

  constructor(config: ConstructorParameters<typeof Help>[0], options?: Partial<HelpOptions>) {
    super(config, options);
    this.opts.maxWidth = lineWidth();
  }

  override async showHelp(argv: string[]): Promise<void> {
    const { subject, topic } = helpRequest(argv);
    try {
      await this.tell(subject, topic);
    } catch (error) {
      process.exitCode = reportError(error);
    }
  }

  /** Shows help on a command, a flag group, or all commands. Throws UsageError if there is no such command or group. */
  async tell(subject?: string, topic?: string): Promise<void> {
    const command = subject === undefined ? undefined : this.config.findCommand(subject);
    if (subject === undefined || subject === ALL || subject === this.config.bin) await this.showRootHelp();
    else if (command) await this.#tellOf(command, topic);
    else await this.#tellOfGroup(subject, this.config.commands);
    await writeText(this.#text);
  }

  async #tellOf(command: Command.Loadable, topic: string | undefined): Promise<void> {
    if (topic !== undefined && topic !== ALL) await this.#tellOfGroup(topic, [command]);
    else {
      this.#tool = isTool(command) ? ((await command.load()) as ToolCommand) : undefined;
      this.#topic = topic;
      await this.showCommandHelp(await described(command));
    }
  }

  /** Shows help on a flag group, as defined by the first of the commands that has it. */
  async #tellOfGroup(name: string, commands: readonly Command.Loadable[]): Promise<void> {
    const [only, ...others] = commands;
    const group = name.toUpperCase();
    const having = await firstWith(group, commands);
    if (having) this.log(`${this.#helpOf(having).generateGroup(group)}\n`);
    else if (only && others.length === 0) {
      const { flags } = await described(only);
      const groups = [...flagsByGroup(flags).keys()].filter((known) => known !== '');
      const topics = [ALL, ...groups.map((known) => known.toLowerCase())];
      throw new UsageError(`no help topic ${name} for ${only.id}; topics: ${topics.join(', ')}`);
    } else throw new UsageError(notFoundText(name, this.config.commandIDs));
  }

  /** Collects the text: oclif would write as much as it can, and hide or throw an error. */
  protected override log(...words: string[]): void {
    this.#text += `${words.join(' ')}\n`;
  }

  override summary(command: Command.Loadable): string | undefined {
    const summary = super.summary(command);
    return summary && this.wrap(summary, 0);
  }

  #helpOf(command: Command.Loadable): SnoopkitCommandHelp {
    return new SnoopkitCommandHelp(command, this.config, this.opts);
  }

  override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    const help = this.#helpOf(command);
    help.tool = this.#tool?.tool;
    help.topic = this.#topic;
    return help;
  }

  override formatRoot(): string {
    const { pjson, version } = this.config;
    return [
      this.wrap(`snoopkit ${version}: ${pjson.description}`, 0),
      this.section('USAGE', '$ snoopkit TOOL [FLAGS] [-- COMMAND ARGUMENTS...]\n$ snoopkit help TOOL'),
      this.section('EXAMPLES', EXAMPLES.map(([text, line]) => `${this.wrap(text)}\n  $ ${line}`).join('\n')),
    ].join('\n\n');
  }

  override formatCommands(commands: Command.Loadable[]): string {
    const tools = commands.filter(isTool);
    const others = commands.filter((command) => !isTool(command));
    const list = (listed: Command.Loadable[]) => listed.map((command) => this.#entry(command)).join('\n');
    return [this.section('TOOLS', list(tools)), this.section('OTHER COMMANDS', list(others))].join('\n\n');
  }

  /** The command and its summary. */
  #entry(command: Command.Loadable): string {
    const summary = this.wrap(command.summary ?? '', ENTRY + 2).replaceAll('\n', `\n${' '.repeat(ENTRY)}`);
    return `${command.id.padEnd(ENTRY - 1)} ${summary}`;
  }
}
