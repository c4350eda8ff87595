/** Writes man/man8, a page for each command and one for snoopkit itself, and the table of commands in the README. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import {
  columnSections,
  EXIT_STATUS,
  FLAG_GROUPS,
  flagForm,
  flagsByGroup,
  flagText,
  LOST_EVENTS,
  ORDER_AND_TIME,
  otlpSection,
  REQUIREMENTS,
} from '../src/cli/help/manual.js';
import type { ToolDefinition } from '../src/trace/tool.js';
import { loadCommands, type Named } from './commands.js';
import { generate, root } from './generated.js';
import { withCommands } from './readme.js';
import { bold, bullets, definitions, italic, page, paragraph, prose, section, shell, subsection } from './roff.js';

/** The words of a usage line: what is to be replaced, in capitals, in italics. */
function synopsis(command: Command.Class): string {
  const [usage = ''] = [command.usage ?? []].flat();
  const words = usage.split(/([A-Z]+)/).map((part, i) => (i % 2 === 1 ? italic(part) : prose(part)));
  return `${bold('snoopkit')} ${words.join('')}`;
}

function flagEntry(name: string, flag: Command.Flag.Any): [string, string] {
  const { names, value } = flagForm(name, flag);
  const shown = value.replace(/[A-Z]+/, '\0$&\0').split('\0');
  const forms = names.map((form) => bold(form)).join(', ');
  return [forms + shown.map((part, i) => (i % 2 === 1 ? italic(part) : prose(part))).join(''), prose(flagText(flag))];
}

function options(command: Command.Class): string[] {
  const groups = [...flagsByGroup(command.flags ?? {})].map(([group, names]) => {
    const entries = names.map((name) => flagEntry(name, command.flags[name] as Command.Flag.Any));
    if (group === '') return definitions(entries);
    const text = FLAG_GROUPS[group];
    const title = `${group[0]}${group.slice(1).toLowerCase()}`;
    return subsection(title, ...(text ? [prose(text)] : []), definitions(entries));
  });
  return groups.length > 0 ? [section('OPTIONS', ...groups)] : [];
}

function examples(command: Command.Class): string {
  const shown = (command.examples ?? []).flatMap((example) => {
    const { description, command: line } =
      typeof example === 'string' ? { description: '', command: example } : example;
    return [paragraph(prose(description)), shell(line.replaceAll('<%= config.bin %>', 'snoopkit'))];
  });
  return section('EXAMPLES', ...shown);
}

/** What only tools have. */
function toolSections(tool: ToolDefinition): { before: string[]; after: string[] } {
  const columns = columnSections(tool).map(({ title, text, columns }) => {
    const entries = columns.map(([name, meaning]) => [bold(name), prose(meaning)] as const);
    return section(title, prose(text), definitions(entries));
  });
  const otlp = otlpSection(tool);
  const attributes = otlp?.attributes.map(([name, names]) => [bold(name), prose(names)] as const) ?? [];
  return {
    before: [
      ...columns,
      ...(otlp ? [section('OPENTELEMETRY', prose(otlp.text), definitions(attributes))] : []),
      section('ORDER AND TIME', prose(ORDER_AND_TIME)),
      section('LOST EVENTS', prose(LOST_EVENTS)),
      section('EXIT STATUS', definitions(EXIT_STATUS.map(([status, text]) => [bold(status), prose(text)]))),
    ],
    after: [section('CAVEATS', bullets(tool.caveats)), section('OVERHEAD', prose(tool.overhead))],
  };
}

function commandPage({ name, command, tool }: Named, source: string): string {
  const { before, after } = tool ? toolSections(tool) : { before: [], after: [] };
  const args = Object.entries(command.args ?? {}).map(
    ([arg, { description }]) => [italic(arg.toUpperCase()), prose(description ?? '')] as const,
  );
  return page(`SNOOPKIT-${name.toUpperCase()}`, source, [
    section('NAME', `${prose(`snoopkit-${name}`)} \\- ${prose(command.summary ?? '')}`),
    section('SYNOPSIS', synopsis(command)),
    examples(command),
    section('DESCRIPTION', prose(command.description ?? '')),
    ...(tool ? [section('REQUIREMENTS', prose(REQUIREMENTS))] : []),
    ...(args.length > 0 ? [section('ARGUMENTS', definitions(args))] : []),
    ...options(command),
    ...before,
    ...after,
    section('SEE ALSO', `${bold('snoopkit')}(8)`),
  ]);
}

function list(commands: readonly Named[]): string {
  return definitions(commands.map(({ name, command }) => [bold(`snoopkit ${name}`), prose(command.summary ?? '')]));
}

function mainPage(commands: readonly Named[], source: string, description: string): string {
  return page('SNOOPKIT', source, [
    section('NAME', `snoopkit \\- ${prose(description)}`),
    section(
      'SYNOPSIS',
      `${bold('snoopkit')} ${italic('TOOL')} [${italic('FLAGS')}] [${bold('--')} ${italic('COMMAND ARGUMENTS')}...]`,
      `.br\n${bold('snoopkit')} [${italic('TOOL')}] ${bold('--help')}`,
      `.br\n${bold('snoopkit')} ${bold('--version')}`,
    ),
    section(
      'DESCRIPTION',
      prose(
        'Each tool traces one thing that happens in the kernel, and writes an event for each time: as a table to read, or with --output json as one JSON object a line, or with --output csv as comma-separated values. Data goes to standard output, everything else to standard error.',
      ),
      paragraph(
        prose(
          'The same flag means the same in every tool. With a command after -- a tool traces that command from its first instruction, ends with it, and has its exit status.',
        ),
      ),
    ),
    section('TOOLS', list(commands.filter(({ tool }) => tool))),
    section('OTHER COMMANDS', list(commands.filter(({ tool }) => !tool))),
    section('REQUIREMENTS', prose(REQUIREMENTS)),
    section('ORDER AND TIME', prose(ORDER_AND_TIME)),
    section('LOST EVENTS', prose(LOST_EVENTS)),
    section('EXIT STATUS', definitions(EXIT_STATUS.map(([status, text]) => [bold(status), prose(text)]))),
    section('ENVIRONMENT', definitions([[bold('NO_COLOR'), 'Without colour, where it is set to anything.']])),
    section(
      'SEE ALSO',
      [
        ...commands.map(({ name }) => `${bold(`snoopkit-${name}`)}(8)`),
        `${bold('bpf')}(2)`,
        `${bold('capabilities')}(7)`,
      ].join(',\n'),
    ),
  ]);
}

const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const source = `snoopkit ${version}`;
const commands = await loadCommands();
const pages = commands.map((command): [string, string] => [
  `man/man8/snoopkit-${command.name}.8`,
  commandPage(command, source),
]);
generate(new Map([...pages, ['man/man8/snoopkit.8', mainPage(commands, source, description)]]), 'man/man8');
generate(new Map([['README.md', withCommands(readFileSync(join(root, 'README.md'), 'utf8'), commands)]]));
