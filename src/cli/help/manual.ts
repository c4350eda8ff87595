import type { Command } from '@oclif/core/command';
import { allNamesOf, OWN, ruleOf } from '../../otlp/mapping.js';
import { TALLY_FIELDS } from '../../trace/features/tally/fields.js';
import type { View } from '../../trace/features/tally/tally.js';
import { SHARED_FIELDS } from '../../trace/shared-fields.js';
import type { ToolDefinition } from '../../trace/tool.js';

/** Texts shared by --help and the manual pages. */

/** Flag groups, by `helpGroup`; a command's own flags, without a group, come first. */
export const FLAG_GROUPS: Readonly<Record<string, string>> = {
  FILTER:
    'Filters run in the kernel, and an event must match all of them. A filter with several values matches any of them: repeat the flag or, for numbers and users, separate values with commas.',
  OUTPUT:
    'CSV cells may begin with =, +, - or @ if a name does, and a spreadsheet takes them for formulas: import names as text. JSON is not affected.',
  RUN: '',
  OTLP: 'For --output otlp and --otlp. The standard environment variables apply; flags take precedence. Variables of one signal, such as OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, take precedence over those of all.',
};

/** A short summary of each group. */
const GROUP_BRIEFS: Readonly<Record<string, string>> = {
  FILTER: 'which events to trace',
  OUTPUT: 'columns, format and destination',
  RUN: 'limits, buffer and hooks',
  OTLP: 'export to an OpenTelemetry collector',
};

/** In the short help, a larger group lists only the flags with letters. */
const NAMED = 12;

/** A flag group in a line or two: its letters, if it has any. */
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

/** A flag's summary and default. */
export function flagText(flag: Command.Flag.Any): string {
  const text = flag.summary ?? flag.description ?? '';
  const { default: usual } = flag as { default?: unknown };
  return flag.type === 'option' && typeof usual === 'string' ? `${text} (default: ${usual})` : text;
}

/** The flags of a command by group, its own flags (group `''`) first. */
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
  /** Descriptions of the columns shared with other tools. */
  readonly shared: Readonly<Record<string, string>>;
}

/** The views of a tool: events, aggregates, or both, where a flag selects the aggregates. */
export function viewsOf(tool: ToolDefinition): ToolView[] {
  const { tally } = tool;
  const isAlways = tally !== undefined && tally.flag === undefined;
  const { event, columns, fields } = tool;
  const own = { event, columns, fields, flag: undefined, shared: isAlways ? TALLY_FIELDS : SHARED_FIELDS };
  return tally?.flag === undefined ? [own] : [own, { ...tally, shared: TALLY_FIELDS }];
}

/** Descriptions of a view's columns, shared ones first. */
export function columnTexts({ shared, fields }: ToolView): Readonly<Record<string, string>> {
  return { ...shared, ...fields };
}

/** The column sections of a tool, one per view: title, introduction, and each column with its description. */
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
  return `A table shows ${listed(columns)} by default; JSON and CSV have all columns. Columns for --fields:`;
}

/** The columns by name only. */
export function columnsInBrief(tool: ToolDefinition): string {
  return viewsOf(tool)
    .map((view) => {
      const with_ = view.flag === undefined ? '' : `With --${view.flag}, `;
      const others = Object.keys(columnTexts(view)).filter((name) => !view.columns.includes(name));
      const more = others.length === 0 ? '' : `; --fields can add ${listed(others)}`;
      return `${with_}${with_ === '' ? 'A' : 'a'} table shows ${listed(view.columns)}${more}.`;
    })
    .join(' ');
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Mapping of a tool's events by --output otlp: an introduction, and the attributes of each column that has any. */
export function otlpSection(
  tool: ToolDefinition,
): { text: string; attributes: [column: string, names: string][] } | undefined {
  const [view] = viewsOf(tool);
  if (!view || view.shared === TALLY_FIELDS) return undefined;
  const { otlp = {} } = tool;
  const { event } = view;
  const all = Object.keys(columnTexts(view));
  // The combined address and port column, for people, only repeats the other two.
  const columns = all.filter((name) => name !== 'time' && !all.includes(`${name}_addr`));
  const text = `With --output otlp each event is a log record with the event name ${OWN}${otlp.event ?? event.name}. Its timestamp is the time in the kernel. Durations are in seconds. Attributes by column:`;
  return { text, attributes: columns.map((name) => [name, listed(allNamesOf(ruleOf(name, event.name, otlp)))]) };
}

/** Requirements for tracing. */
export const REQUIREMENTS =
  'Root, or the capabilities CAP_BPF and CAP_PERFMON. Tracepoints, the best hooks for most tools, also require CAP_DAC_READ_SEARCH and, if tracefs is not mounted, CAP_SYS_ADMIN; without these, tools use their fallbacks. A kernel with BPF ring buffers (5.8 or newer) and BTF (CONFIG_DEBUG_INFO_BTF; without it, give a file with --btf).';

/** The exit statuses of a tool. */
export const EXIT_STATUS: readonly (readonly [status: string, meaning: string])[] = [
  [
    '0',
    'success; also if tracing was ended by a signal, --duration, a closed pipe, or the end of the traced processes',
  ],
  ['1', 'tracing or output failed; a line on standard error gives the reason'],
  ['2', 'usage error, or a process that does not exist'],
  ['3', 'with --fail-on-lost: events were lost, or records were neither delivered to the collector nor spooled'],
  [
    'other',
    'with -- COMMAND: exit status of the command; 128 + N if signal N killed it; 126 or 127 if it could not be run',
  ],
];

/** Effects of signals on a run. */
export const SIGNALS: readonly (readonly [signals: string, effect: string])[] = [
  [
    'SIGINT, SIGTERM, SIGQUIT, SIGXCPU',
    'end the run gracefully; a second one, or SIGQUIT after another, ends it immediately',
  ],
  [
    'SIGHUP',
    'with --out, reopen the file; otherwise end the run gracefully, unless the signal was ignored from the start, as with nohup(1)',
  ],
  ['SIGUSR1, SIGUSR2, SIGALRM', 'print the number of events so far, and of lost events, on standard error'],
];

/** Report of lost events. */
export const LOST_EVENTS =
  'The kernel counts every event that does not fit into the ring buffer. At the end, a line on standard error reports the number of lost events and the reason; JSON also has a line {"event":"lost",...} in the stream. With --fail-on-lost the exit status is 3. A larger --buffer or a narrower filter helps. Processes that could not be followed and entries that did not fit in the maps of a tool are reported in the same way.';

/** Order of events, and the clock of their timestamps. */
export const ORDER_AND_TIME =
  'Events are sorted by time within a batch, which is one read from the kernel: about 10 ms of events, at most 256 KiB. Across batches, an event from another CPU may be slightly older than the event before it; --time=delta shows 0 for it, never a negative number, and continues from the latest event. Timestamps come from the boot-time clock of the machine (CLOCK_BOOTTIME, which includes suspend), not from that of a time namespace that snoopkit may run in (time_namespaces(7)). They are converted to wall-clock time with the system time at the moment of output: after the system time is set, events that happened earlier but have not been shown yet follow the new time. Durations and intervals do not change.';
