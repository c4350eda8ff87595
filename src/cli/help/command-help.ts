import type { Command } from '@oclif/core/command';
import { CommandHelp } from '@oclif/core/help';
import type { ToolDefinition } from '../../trace/tool.js';
import {
  columnSections,
  columnsInBrief,
  EXIT_STATUS,
  FLAG_GROUPS,
  flagForm,
  flagsByGroup,
  flagText,
  groupInBrief,
} from './manual.js';

type Section = readonly [header: string, body: string];
type Row = readonly [name: string, meaning: string];

/** The topic for complete help. */
export const ALL = 'all';

/** Largest part of a line for names; the description of a longer name goes below it. */
const NAMES_PART = 0.45;

/** Help on one command; for a tool, also from its definition. */
export class SnoopkitCommandHelp extends CommandHelp {
  tool: ToolDefinition | undefined;
  /** ALL, a flag group, or undefined for the short help. */
  topic: string | undefined;

  override generate(): string {
    return this.#written(this.#sections());
  }

  /** The flags of a group, with its introduction. */
  generateGroup(group: string): string {
    const names = flagsByGroup(this.command.flags).get(group) ?? [];
    return this.#written([this.#flags(group, names)]);
  }

  #written(sections: readonly Section[]): string {
    const told = sections.filter(([, body]) => body !== '');
    return told.map(([header, body]) => this.section(header, body)).join('\n\n');
  }

  #sections(): Section[] {
    const { description, flags = {}, args = {}, examples = [] } = this.command;
    const groups = [...flagsByGroup(flags)];
    const isAll = this.tool === undefined || this.topic === ALL;
    return [
      ['USAGE', this.usage()],
      ['EXAMPLES', examples.map((example) => this.#example(example)).join('\n')],
      ['DESCRIPTION', this.wrap(description ?? '')],
      ['ARGUMENTS', this.#rows(Object.values(args).map((arg) => [arg.name.toUpperCase(), arg.description ?? '']))],
      ...groups.filter(([group]) => isAll || group === '').map(([group, names]) => this.#flags(group, names)),
      ...(this.tool && !isAll ? this.#brief(this.tool, groups) : []),
      ...(this.tool && isAll ? [...this.#columns(this.tool), ...this.#remarks(this.tool)] : []),
    ];
  }

  /** Summary of everything else, in the short help. */
  #brief(tool: ToolDefinition, groups: readonly (readonly [string, readonly string[]])[]): Section[] {
    const shared = groups.filter(([group]) => group !== '');
    const rows = shared.map(
      ([group, names]): Row => [group.toLowerCase(), groupInBrief(group, names, this.command.flags)],
    );
    const topic = shared[0]?.[0].toLowerCase() ?? ALL;
    const { bin } = this.config;
    return [
      ['COLUMNS', this.wrap(columnsInBrief(tool))],
      ['SHARED FLAGS', this.#rows(rows)],
      [
        'MORE',
        this.#rows([
          [`$ ${bin} ${tool.name} --help ${ALL}`, 'all flags and columns, caveats, overhead'],
          [`$ ${bin} help ${topic}`, `flags of one group, such as ${topic}`],
          [`$ ${bin} man ${tool.name}`, 'manual page'],
        ]),
      ],
    ];
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

  /** Names and descriptions, side by side if the name leaves room; above them, an introduction. */
  #rows(rows: readonly Row[], text = ''): string {
    const most = Math.floor(this.opts.maxWidth * NAMES_PART);
    const width = Math.max(2, ...rows.map(([name]) => name.length + 2).filter((room) => room <= most));
    const below = `\n${' '.repeat(width)}`;
    const lines = rows.map(([name, meaning]) => {
      const wrapped = this.wrap(meaning, this.indentSpacing + width).trimStart();
      const lead = name.length + 2 > width ? name + below : name.padEnd(width);
      return lead + wrapped.replaceAll(/\n */g, below);
    });
    return (text === '' ? lines : [`${this.wrap(text)}\n`, ...lines]).join('\n');
  }

  #example(example: Command.Example): string {
    if (typeof example === 'string') return `$ ${example}`;
    return `${this.wrap(example.description)}\n  $ ${example.command}`;
  }
}
