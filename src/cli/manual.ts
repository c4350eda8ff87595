import type { Command } from '@oclif/core/command';
import { allNamesOf, OWN, ruleOf } from '../output/otlp/mapping.js';
import { SHARED_FIELDS, TALLY_FIELDS } from './shared-fields.js';
import type { View } from './tally.js';
import type { ToolDefinition } from './tool.js';

/** What --help and the manual pages both tell, so that they tell the same. */

/** The groups that flags are told in, by their `helpGroup`; a command's own flags, without a group, come first. */
export const FLAG_GROUPS: Readonly<Record<string, string>> = {
  FILTER:
    'The kernel sends only what passes all of them. A filter may have several values, of which one must fit: give the flag again, or, for numbers and users, put commas between.',
  OUTPUT:
    'A cell of CSV may begin with =, +, - or @, where a name does, which a spreadsheet takes for a formula: import names as text. JSON has no such danger.',
  RUN: '',
  OTLP: 'For --output otlp. The standard variables OTEL_EXPORTER_OTLP_*, OTEL_BLRP_*, OTEL_RESOURCE_ATTRIBUTES and so on say the same; a flag wins.',
};

/** What each group is about, in a few words. */
const GROUP_BRIEFS: Readonly<Record<string, string>> = {
  FILTER: 'whom to trace, and what of it',
  OUTPUT: 'what is shown, how, and where to',
  RUN: 'how long to trace, and with what',
  OTLP: 'send it to an OpenTelemetry collector',
};

/** Where a group has more, only those with letters are named where it is told in brief. */
const NAMED = 12;

/** A group of flags in a line or two: by its letters where there are some. */
export function groupInBrief(
  group: string,
  names: readonly string[],
  flags: Readonly<Record<string, Command.Flag.Any>>,
): string {
  const letters = names.filter((name) => flags[name]?.char);
  const forms = [...letters, ...names.filter((name) => !letters.includes(name))].map((name) => {
    const char = flags[name]?.char;
    return char ? `-${char}` : `--${name}`;
  });
  const few = forms.slice(0, Math.max(3, letters.length));
  const shown = forms.length > NAMED ? [...few, `and ${forms.length - few.length} more`] : forms;
  const brief = GROUP_BRIEFS[group];
  return `${brief === undefined ? '' : `${brief}: `}${shown.join(' ')}`;
}

/** A flag as it is written on the command line. */
export interface FlagForm {
  /** `-T` and `--time`. */
  readonly names: readonly string[];
  /** `=FILE`, `[=HOW]`, or nothing. */
  readonly value: string;
}

export function flagForm(name: string, flag: Command.Flag.Any): FlagForm {
  const long = flag.type === 'boolean' && flag.allowNo ? `--[no-]${name}` : `--${name}`;
  const names = flag.char ? [`-${flag.char}`, long] : [long];
  if (flag.type === 'boolean') return { names, value: '' };
  const [value = flag.options?.join('|') ?? 'VALUE'] = [flag.helpValue ?? []].flat();
  return { names, value: value.startsWith('[') ? value : `=${value}` };
}

/** What a flag does, and what holds without it. */
export function flagText(flag: Command.Flag.Any): string {
  const text = flag.summary ?? flag.description ?? '';
  const { default: usual } = flag as { default?: unknown };
  return flag.type === 'option' && typeof usual === 'string' ? `${text} (${usual} if not given)` : text;
}

/** The flags of a command by their groups, its own ones (group `''`) first. */
export function flagsByGroup(flags: Readonly<Record<string, Command.Flag.Any>>): Map<string, string[]> {
  const groups = new Map<string, string[]>(['', ...Object.keys(FLAG_GROUPS)].map((group) => [group, []]));
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.hidden) continue;
    const group = flag.helpGroup ?? '';
    const names = groups.get(group);
    if (names) names.push(name);
    else groups.set(group, [name]);
  }
  for (const [group, names] of groups) if (names.length === 0) groups.delete(group);
  return groups;
}

/** One of the views of a tool. */
export interface ToolView extends View {
  /** The flag that it needs. */
  readonly flag: string | undefined;
  /** What the columns mean that it shares with other tools. */
  readonly shared: Readonly<Record<string, string>>;
}

/** What a tool can show: events, what it adds up, or both, the latter with a flag. */
export function viewsOf(tool: ToolDefinition): ToolView[] {
  const { tally } = tool;
  const isAlways = tally !== undefined && tally.flag === undefined;
  const { event, columns, fields } = tool;
  const own = { event, columns, fields, flag: undefined, shared: isAlways ? TALLY_FIELDS : SHARED_FIELDS };
  return tally?.flag === undefined ? [own] : [own, { ...tally, shared: TALLY_FIELDS }];
}

/** What each column of a view means, those first that it shares with other tools. */
export function columnTexts({ shared, fields }: ToolView): Readonly<Record<string, string>> {
  return { ...shared, ...fields };
}

/** What is told of the columns of a tool, of each of its views: a title for the section, a text, and each column with what it means. */
export function columnSections(tool: ToolDefinition): ColumnSection[] {
  return viewsOf(tool).map((view) => ({
    title: view.flag === undefined ? 'COLUMNS' : `COLUMNS WITH --${view.flag.toUpperCase()}`,
    text: columnsText(view),
    columns: Object.entries(columnTexts(view)),
  }));
}

interface ColumnSection {
  readonly title: string;
  readonly text: string;
  readonly columns: readonly (readonly [name: string, text: string])[];
}

function columnsText({ columns }: ToolView): string {
  return `A table shows ${listed(columns)}; JSON and CSV have all. --fields takes any of these:`;
}

/** The columns by their names alone. */
export function columnsInBrief(tool: ToolDefinition): string {
  return viewsOf(tool)
    .map((view) => {
      const with_ = view.flag === undefined ? '' : `With --${view.flag} `;
      const others = Object.keys(columnTexts(view)).filter((name) => !view.columns.includes(name));
      const more = others.length === 0 ? '' : `; --fields takes ${listed(others)}, too`;
      return `${with_}${with_ === '' ? 'A' : 'a'} table shows ${listed(view.columns)}${more}.`;
    })
    .join(' ');
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** How the events of a tool are told with --output otlp: a text, and the attributes of each column that has any. */
export function otlpSection(
  tool: ToolDefinition,
): { text: string; attributes: [column: string, names: string][] } | undefined {
  const [view] = viewsOf(tool);
  if (!view || view.shared === TALLY_FIELDS) return undefined;
  const { otlp = {} } = tool;
  const { event } = view;
  const all = Object.keys(columnTexts(view));
  // What an address and a port are together, for people, only repeats them.
  const columns = all.filter((name) => name !== 'time' && !all.includes(`${name}_addr`));
  const text = `With --output otlp each event is a log record with the event name ${OWN}${otlp.event ?? event.name}. Its time is that of the kernel. Durations are in seconds. The attributes of each column:`;
  return { text, attributes: columns.map((name) => [name, listed(allNamesOf(ruleOf(name, event.name, otlp)))]) };
}

/** What a machine and a user must have for tracing. */
export const REQUIREMENTS =
  'Root; or the capabilities CAP_BPF, CAP_PERFMON and CAP_DAC_READ_SEARCH, and CAP_SYS_ADMIN where tracefs is not mounted. A kernel with BPF ring buffers (5.8 or newer) and BTF (CONFIG_DEBUG_INFO_BTF; without it, name a file with --btf).';

/** The exit statuses of a tool. */
export const EXIT_STATUS: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'all went well; also when Ctrl-C, SIGTERM, --duration or a closed pipe ended the tracing'],
  ['1', 'tracing failed; one line on standard error says why'],
  ['2', 'the command line is wrong'],
  ['3', 'events were lost, with --fail-on-lost'],
  ['other', 'with -- COMMAND: what the command ended with, 128 + N for signal N, 126 or 127 where it could not be run'],
];

/** How losses are told. */
export const LOST_EVENTS =
  'The kernel counts every event for which there was no room. A line on standard error at the end says how many were lost and why, and in JSON a line {"event":"lost",...} says so in the stream. With --fail-on-lost the exit status is 3 then. A larger --buffer or a narrower filter helps. A process that could not be followed, and what a tool found no room to remember, are told in the same way.';

/** In which order events come, and by which clock their times are. */
export const ORDER_AND_TIME =
  'Events come in the order of their times as far as a batch reaches, that is what is read from the kernel in one go: what came within some 10 ms, and 256K at the most. Between two batches one of another CPU may be a little older than the last one before; --time=delta, which is never negative, shows 0 for it, and counts on from the latest. Events are timed by the clock that runs since the boot, and in suspend, of the machine, not of a time namespace that snoopkit may be in (time_namespaces(7)). A time of day is made of that by the system time as it stands when the event is shown: once it is set, events that happened before and were not yet shown follow it, too, while durations and intervals do not.';
