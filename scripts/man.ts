/**
 * Writes man/man8, a page for each command and one for snoopkit itself, man/man7 with the page of the options that tools
 * share, and the table of commands in the README.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import type { FlagInput } from '@oclif/core/interfaces';
import { sharedFlags } from '../src/cli/flags/flags.js';
import { oclifFlags } from '../src/cli/flags/oclif.js';
import {
  columnSections,
  EXIT_STATUS,
  FLAG_GROUPS,
  flagForm,
  flagsByGroup,
  flagText,
  groupInBrief,
  LOST_EVENTS,
  ORDER_AND_TIME,
  otlpSection,
  REQUIREMENTS,
  SIGNALS,
} from '../src/cli/help/manual.js';
import { allFeatures, featuresOf } from '../src/trace/features/of-tool.js';
import type { ToolDefinition } from '../src/trace/tool.js';
import { loadCommands, type Named } from './commands.js';
import { generate, root } from './generated.js';
import { withCommands } from './readme.js';
import { bold, bullets, definitions, italic, page, paragraph, prose, section, shell, subsection } from './roff.js';

/** A usage line, with its placeholders, which are in capitals, set in italics. */
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

/** Options of a command. The groups of a tool, described in snoopkit-options(7), take one line each. */
function options({ command: { flags = {} }, tool }: Named): string[] {
  const groups = [...flagsByGroup(flags)];
  const own = groups.filter(([group]) => group === '').flatMap(([, names]) => names);
  const shared = groups
    .filter(([group]) => group !== '')
    .map(([group, names]) => [bold(group), prose(groupInBrief(group, names, flags))] as const);
  const body = [
    ...(own.length > 0 ? [entries(own, flags)] : []),
    ...(tool ? [subsection('Shared options', `All in ${OPTIONS}, by group:`, definitions(shared))] : []),
  ];
  return body.length > 0 ? [section('OPTIONS', ...body)] : [];
}

function entries(names: readonly string[], flags: Readonly<Record<string, Command.Flag.Any>>): string {
  return definitions(names.map((name) => flagEntry(name, flags[name] as Command.Flag.Any)));
}

/** Reference of other pages to the page of shared options. */
const OPTIONS = `${bold('snoopkit-options')}(7)`;

function examples(command: Command.Class): string {
  const shown = (command.examples ?? []).flatMap((example) => {
    const { description, command: line } =
      typeof example === 'string' ? { description: '', command: example } : example;
    return [paragraph(prose(description)), shell(line.replaceAll('<%= config.bin %>', 'snoopkit'))];
  });
  return section('EXAMPLES', ...shown);
}

/** Sections only for tools. */
function toolSections(tool: ToolDefinition): { before: string[]; after: string[] } {
  const columns = columnSections(tool).map(({ title, text, columns }) => {
    const entries = columns.map(([name, meaning]) => [bold(name), prose(meaning)] as const);
    return section(title, prose(text), definitions(entries));
  });
  const otlp = otlpSection(tool);
  const attributes = otlp?.attributes.map(([name, names]) => [bold(name), prose(names)] as const) ?? [];
  return {
    before: [...columns, ...(otlp ? [section('OPENTELEMETRY', prose(otlp.text), definitions(attributes))] : [])],
    after: [section('CAVEATS', bullets(tool.caveats)), section('OVERHEAD', prose(tool.overhead))],
  };
}

function commandPage(named: Named, source: string): string {
  const { name, command, tool } = named;
  const { before, after } = tool ? toolSections(tool) : { before: [], after: [] };
  const args = Object.entries(command.args ?? {}).map(
    ([arg, { description }]) => [italic(arg.toUpperCase()), prose(description ?? '')] as const,
  );
  return page(`SNOOPKIT-${name.toUpperCase()}`, 8, source, [
    section('NAME', `${prose(`snoopkit-${name}`)} \\- ${prose(command.summary ?? '')}`),
    section('SYNOPSIS', synopsis(command)),
    section('DESCRIPTION', prose(command.description ?? '')),
    ...(tool ? [section('REQUIREMENTS', prose(REQUIREMENTS))] : []),
    ...(args.length > 0 ? [section('ARGUMENTS', definitions(args))] : []),
    ...options(named),
    ...before,
    ...after,
    examples(command),
    section(
      'SEE ALSO',
      tool
        ? `${OPTIONS} for the shared options,\n${bold('snoopkit')}(8) for signals, exit status, lost events, order and time`
        : `${bold('snoopkit')}(8)`,
    ),
  ]);
}

/** Words with their meanings. */
const entryList = (entries: readonly (readonly [word: string, text: string])[]) =>
  definitions(entries.map(([word, text]) => [bold(word), prose(text)]));

/** Names of tools, in a sentence. */
const listed = (tools: readonly Named[]) => tools.map(({ name }) => name).join(', ');

/** A section of the page of options: an introduction, and the flags of one table. */
function table(title: string, flags: FlagInput, ...introduction: readonly string[]): string {
  return section(title, ...introduction.filter(Boolean).map(prose), entries(Object.keys(flags), flags));
}

const ofGroup = (flags: FlagInput, group: string): FlagInput =>
  Object.fromEntries(Object.entries(flags).filter(([, { helpGroup }]) => helpGroup === group));

/** The options of features that some tools have, by title. */
function featureTables(commands: readonly Named[]): string[] {
  const titles = new Map<string, { flags: FlagInput; texts: string[]; tools: readonly Named[] }>();
  for (const [name, feature] of allFeatures()) {
    // Flags without a group are in the pages of the tools.
    const grouped = Object.entries({ ...feature.flags, ...feature.cliFlags }).filter(([, { group }]) => group);
    if (feature.isInEveryTool || grouped.length === 0) continue;
    const { title = name.toUpperCase(), text } = feature.manual ?? {};
    const tools = commands.filter(({ tool }) => tool && featuresOf(tool).has(name));
    const entry = titles.get(title) ?? { flags: {}, texts: [], tools };
    Object.assign(entry.flags, oclifFlags(Object.fromEntries(grouped)));
    if (text) entry.texts.push(text);
    titles.set(title, entry);
  }
  return [...titles].map(([title, { flags, texts, tools }]) => {
    const usual = tools.flatMap(({ name, tool }) =>
      'interval' in flags && tool?.tally?.interval !== undefined
        ? [`${name} reports every ${tool.tally.interval} s by default.`]
        : [],
    );
    return table(title, flags, [`Options of ${listed(tools)}.`, ...texts, ...usual].join(' '));
  });
}

/** The shared options of tools, once for all of them. */
function optionsPage(commands: readonly Named[], source: string): string {
  const shared = oclifFlags(sharedFlags({}));
  return page('SNOOPKIT-OPTIONS', 7, source, [
    section('NAME', `${prose('snoopkit-options')} \\- options that the tools of snoopkit share`),
    section(
      'SYNOPSIS',
      `${bold('snoopkit')} ${italic('TOOL')} [${italic('OPTIONS')}] [${bold('--')} ${italic('COMMAND')}...]`,
    ),
    section(
      'DESCRIPTION',
      prose(
        'An option has the same meaning in every tool that has it. The page of a tool, such as snoopkit-opensnoop(8), has its own options. The same text by group: snoopkit help filter, output, run or otlp.',
      ),
    ),
    ...Object.entries(FLAG_GROUPS).map(([group, text]) => table(group, ofGroup(shared, group), text)),
    ...featureTables(commands),
    section('SEE ALSO', `${bold('snoopkit')}(8)`),
  ]);
}

function list(commands: readonly Named[]): string {
  return definitions(commands.map(({ name, command }) => [bold(`snoopkit ${name}`), prose(command.summary ?? '')]));
}

function mainPage(commands: readonly Named[], source: string, description: string): string {
  return page('SNOOPKIT', 8, source, [
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
        'Each tool traces one kind of kernel activity and writes one event per occurrence: as a table, with --output json as one JSON object per line, or with --output csv as comma-separated values. Data goes to standard output, everything else to standard error.',
      ),
      paragraph(
        prose(
          'A flag has the same meaning in every tool. With a command after --, a tool traces that command from its first instruction, ends with it, and returns its exit status.',
        ),
      ),
    ),
    section('TOOLS', list(commands.filter(({ tool }) => tool))),
    section('OTHER COMMANDS', list(commands.filter(({ tool }) => !tool))),
    section('REQUIREMENTS', prose(REQUIREMENTS)),
    section('ORDER AND TIME', prose(ORDER_AND_TIME)),
    section('LOST EVENTS', prose(LOST_EVENTS)),
    section('SIGNALS', entryList(SIGNALS)),
    section('EXIT STATUS', entryList(EXIT_STATUS)),
    section(
      'ENVIRONMENT',
      definitions([
        [bold('NO_COLOR'), 'If set, output is not colored.'],
        [bold('OTEL_*'), `Settings of the OpenTelemetry exporter, listed under OTLP in ${OPTIONS}.`],
      ]),
    ),
    section(
      'SEE ALSO',
      [
        OPTIONS,
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
generate(new Map([['man/man7/snoopkit-options.7', optionsPage(commands, source)]]), 'man/man7');
generate(new Map([['README.md', withCommands(readFileSync(join(root, 'README.md'), 'utf8'), commands)]]));
