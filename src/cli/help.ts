import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import type { HelpOptions } from '@oclif/core/interfaces';
import type { ToolCommand } from './define-tool.js';
import { isTool } from './find-tool.js';
import { columnSections, EXIT_STATUS, FLAG_GROUPS, flagForm, flagsByGroup, flagText } from './manual.js';
import { notFoundText } from './not-found.js';
import { reportError, say } from './talk.js';
import type { ToolDefinition } from './tool.js';
import { writeText } from './write-text.js';

/** People read no longer lines with ease, however wide the terminal is. */
const WIDTH = 80;
const USAGE = 2;

type Section = readonly [header: string, body: string];
type Row = readonly [name: string, meaning: string];

/** The help of one command, from the manifest; for a tool, what its definition tells beside. */
class SnoopkitCommandHelp extends CommandHelp {
  tool: ToolDefinition | undefined;

  override generate(): string {
    const { description, flags = {}, args = {}, examples = [] } = this.command;
    const sections = [
      ['USAGE', this.usage()],
      ['DESCRIPTION', this.wrap(description ?? '')],
      ['ARGUMENTS', this.#rows(Object.values(args).map((arg) => [arg.name.toUpperCase(), arg.description ?? '']))],
      ...[...flagsByGroup(flags)].map(([group, names]) => this.#flags(group, names)),
      ...(this.tool ? this.#columns(this.tool) : []),
      ['EXAMPLES', examples.map((example) => this.#example(example)).join('\n')],
      ...(this.tool ? this.#remarks(this.tool) : []),
    ] as const;
    const told = sections.filter(([, body]) => body !== '');
    return told.map(([header, body]) => this.section(header, body)).join('\n\n');
  }

  #flags(group: string, names: readonly string[]): Section {
    const hasLetters = names.some((name) => this.command.flags[name]?.char);
    const rows = names.map((name): Row => {
      const flag = this.command.flags[name] as Command.Flag.Any;
      const form = flagForm(name, flag);
      const indent = hasLetters && form.names.length === 1 ? '    ' : '';
      return [`${indent}${form.names.join(', ')}${form.value}`, flagText(flag)];
    });
    return [`${group} FLAGS`.trim(), this.#rows(rows, FLAG_GROUPS[group])];
  }

  #columns(tool: ToolDefinition): Section[] {
    return columnSections(tool).map(({ title, text, columns }) => [title, this.#rows(columns, text)]);
  }

  #remarks(tool: ToolDefinition): Section[] {
    return [
      ['CAVEATS', this.#rows(tool.caveats.map((caveat) => ['-', caveat]))],
      ['OVERHEAD', this.wrap(tool.overhead)],
      ['EXIT STATUS', this.#rows(EXIT_STATUS)],
    ];
  }

  /** Names and what they mean, side by side; above them, what is to be said about all. */
  #rows(rows: readonly Row[], text = ''): string {
    const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
    const lines = rows.map(([name, meaning]) => {
      const wrapped = this.wrap(meaning, this.indentSpacing + width).trimStart();
      return name.padEnd(width) + wrapped.replaceAll(/\n */g, `\n${' '.repeat(width)}`);
    });
    return (text === '' ? lines : [`${this.wrap(text)}\n`, ...lines]).join('\n');
  }

  #example(example: Command.Example): string {
    if (typeof example === 'string') return `$ ${example}`;
    return `${this.wrap(example.description)}\n  $ ${example.command}`;
  }
}

/** oclif's help, made for tools; it comes from the manifest and loads nothing that traces. */
export class SnoopkitHelp extends Help {
  #tool: ToolDefinition | undefined;
  #text = '';

  constructor(config: ConstructorParameters<typeof Help>[0], options?: Partial<HelpOptions>) {
    super(config, options);
    this.opts.maxWidth = Math.min(this.opts.maxWidth, WIDTH);
  }

  override async showHelp(argv: string[]): Promise<void> {
    const word = argv.find((argument) => !argument.startsWith('-'));
    if (word !== undefined && !this.config.findCommand(word)) {
      say(notFoundText(word, this.config.commandIDs));
      process.exitCode = USAGE;
      return;
    }
    await super.showHelp(argv);
    try {
      await writeText(this.#text);
    } catch (error) {
      process.exitCode = reportError(error);
    }
  }

  /** Keeps it until all is there: oclif would write what it can, and hide or throw an error. */
  protected override log(...words: string[]): void {
    this.#text += `${words.join(' ')}\n`;
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    if (isTool(command)) this.#tool = ((await command.load()) as ToolCommand).tool;
    await super.showCommandHelp(command);
  }

  override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    const help = new SnoopkitCommandHelp(command, this.config, this.opts);
    help.tool = this.#tool;
    return help;
  }

  override formatRoot(): string {
    const { pjson, version } = this.config;
    return [
      this.wrap(`snoopkit ${version}: ${pjson.description}`, 0),
      this.section('USAGE', '$ snoopkit TOOL [FLAGS] [-- COMMAND ARGUMENTS...]\n$ snoopkit TOOL --help'),
    ].join('\n\n');
  }

  override formatCommands(commands: Command.Loadable[]): string {
    const tools = commands.filter(isTool);
    const others = commands.filter((command) => !isTool(command));
    const list = (listed: Command.Loadable[]) => listed.map((command) => this.#entry(command)).join('\n');
    return [this.section('TOOLS', list(tools)), this.section('OTHER COMMANDS', list(others))].join('\n\n');
  }

  /** The command, its summary, and under it how it may be used. */
  #entry(command: Command.Loadable): string {
    const [example] = command.examples ?? [];
    const shown = typeof example === 'object' ? example.command : example;
    const summary = this.wrap(command.summary ?? '', 16).replaceAll('\n', `\n${' '.repeat(14)}`);
    return `${command.id.padEnd(13)} ${summary}${shown ? `\n${' '.repeat(14)}$ ${this.render(shown)}` : ''}`;
  }
}
