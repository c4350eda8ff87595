import { UsageError } from '../errors.js';
import type { Column } from '../events/column.js';
import type { OtlpMapping } from '../output/otlp/mapping.js';
import type { Tally, View } from './tally.js';

/** What every flag of a tool's own has: it sets a constant of the BPF program. */
interface ToolFlagBase {
  readonly char?: string;
  readonly summary: string;
  /** The constant: a `const volatile bool`, which becomes true, or what the flag's value needs. */
  readonly sets: string;
  /** Columns that there are only with this flag; asking for one of them sets it. */
  readonly fields?: readonly string[];
  /** Of these columns, what a table shows beside the usual ones. */
  readonly shows?: readonly string[];
  /** What a table shows in place of usual columns, by their names. */
  readonly replaces?: Readonly<Record<string, string>>;
}

/** A flag without a value. */
interface SwitchFlag extends ToolFlagBase {
  readonly takes?: undefined;
}

/** A number of bytes, for a `const volatile __u32`. */
interface SizeFlag extends ToolFlagBase {
  readonly takes: 'size';
  /** As on the command line. */
  readonly default: string;
  /** In bytes. */
  readonly most: number;
  /** The maps whose values have room for so many bytes more than is declared. */
  readonly room: readonly string[];
  /** The map among them that has as many entries as fit into so many bytes: not more than is declared, nor less than 256. */
  readonly fits?: readonly [map: string, bytes: number];
}

/** Names of environment variables, which alone are shown of an environment. */
interface NamesFlag extends ToolFlagBase {
  readonly takes: 'names';
}

/** A time, for a `const volatile __u64` of nanoseconds. */
interface DurationFlag extends ToolFlagBase {
  readonly takes: 'duration';
}

/** Process ids, for a `const volatile __u32 [LIST_MAX]`, which a 0 ends. */
interface PidsFlag extends ToolFlagBase {
  readonly takes: 'pids';
}

/** Parts of names of commands, for a `const volatile char [LIST_MAX][16]`, which an empty one ends. */
interface CommsFlag extends ToolFlagBase {
  readonly takes: 'comms';
}

/** Signals, for a `const volatile __u64` with bit N - 1 for signal N. */
interface SignalsFlag extends ToolFlagBase {
  readonly takes: 'signals';
}

/** Exit statuses, for a `const volatile __u64 [4]` with a bit for each. */
interface StatusesFlag extends ToolFlagBase {
  readonly takes: 'statuses';
}

/** Flags of open(2), for a `const volatile struct open_flag [OPEN_FLAGS_MAX]`: bpf/include/open-flags.h. */
interface OpenFlagsFlag extends ToolFlagBase {
  readonly takes: 'open-flags';
}

/** Files and folders, with all below, for a `const volatile bool` and the maps of bpf/include/path-filter.h. */
interface PathsFlag extends ToolFlagBase {
  readonly takes: 'paths';
}

/** How a value is called in help. */
export const HELP_VALUE = {
  size: 'SIZE',
  names: 'NAMES',
  duration: 'TIME',
  pids: 'PID',
  comms: 'TEXT',
  signals: 'SIGNAL',
  statuses: 'STATUS',
  'open-flags': 'NAME',
  paths: 'PATH',
} as const;

/** The kinds of values of which there may be several: the flag may be given again. */
export const LISTS: ReadonlySet<ToolFlag['takes']> = new Set([
  'pids',
  'comms',
  'signals',
  'statuses',
  'open-flags',
  'paths',
]);

/** How many of `pids` and `comms` there may be: the length of the arrays in the programs. */
export const LIST_MAX = 16;

/** A flag that a tool has beside the shared ones. */
export type ToolFlag =
  | SwitchFlag
  | SizeFlag
  | NamesFlag
  | DurationFlag
  | PidsFlag
  | CommsFlag
  | SignalsFlag
  | StatusesFlag
  | OpenFlagsFlag
  | PathsFlag;

/** One way to see something: programs that are attached together. */
export interface HookWay {
  readonly programs: readonly string[];
  /** Programs that belong to it where the kernel has their hook. */
  readonly optional?: readonly string[];
  /** Tracepoints of one category that its programs, which are alike, are attached to beside that of their section, where the kernel has them. */
  readonly also?: readonly string[];
  /** What is different from the ways before it. */
  readonly caveat?: string;
}

/** Something that a tool sees. */
export interface HookPoint {
  /** In order: the first that the kernel takes is taken. A stable tracepoint comes before types, and these before a kprobe. */
  readonly ways: readonly HookWay[];
  /** What the user is told where there is no way; left out for what the tool can't do without. */
  readonly without?: string;
}

export interface Example {
  readonly summary: string;
  /** What follows `snoopkit <tool>`, or a whole shell line with `<%= tool %>` in it. */
  readonly command: string;
}

/** A tool, as data: with bpf/<name>.bpf.c all that there is of it. */
export interface ToolDefinition extends View {
  /** The stem of its files. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly flags?: Readonly<Record<string, ToolFlag>>;
  /** What it adds up in the kernel, in place of events: always, or with a flag. */
  readonly tally?: Tally;
  /** Whether it tells of the ends of processes, so that they can be shown as a tree: src/output/tree.ts. */
  readonly hasTree?: true;
  /** Whether its event is that of a socket (bpf/include/socket.h): then there are flags for ports and addresses. */
  readonly sockets?: true;
  /** How its events are told to OpenTelemetry, where that does not follow from their names. */
  readonly otlp?: OtlpMapping;
  /** What it sees, such as `opens`, and how. Each program of its object belongs to one way. */
  readonly hooks: Readonly<Record<string, HookPoint>>;
  readonly examples: readonly Example[];
  /** What it can't see, or shows otherwise than one may think. */
  readonly caveats: readonly string[];
  /** What it costs. */
  readonly overhead: string;
}

/** What a run with these flags shows; `tally` is undefined where that is events. */
export function viewInUse(tool: ToolDefinition, set: ReadonlySet<string>): { view: View; tally: Tally | undefined } {
  const { tally } = tool;
  if (tally?.flag === undefined) return { view: tool, tally };
  return set.has(tally.flag) ? { view: tally, tally } : { view: tool, tally: undefined };
}

/** The columns that a run has: without those that belong to a flag that is not set. */
export function availableColumns(tool: ToolDefinition, all: readonly Column[], set: ReadonlySet<string>): Column[] {
  const gated = new Set<string>();
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    if (!set.has(name)) for (const field of flag.fields ?? []) gated.add(field);
  }
  return all.filter((column) => !gated.has(column.name));
}

/** The columns that somebody has asked for: by name, or by a flag that there are for them. */
export function chosenColumns(tool: ToolDefinition, set: ReadonlySet<string>, fields: readonly string[]): string[] {
  const flags = Object.entries(tool.flags ?? {}).filter(([name]) => set.has(name));
  return [...fields, ...flags.flatMap(([, flag]) => flag.fields ?? [])];
}

/** The flags that are set, or are implied by the columns asked for. Throws UsageError for a column that needs a value. */
export function flagsInUse(
  tool: ToolDefinition,
  given: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Set<string> {
  const set = new Set<string>();
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const field = flag.fields?.find((candidate) => fields.includes(candidate));
    if (given[name] !== undefined && given[name] !== false) set.add(name);
    else if (field === undefined) continue;
    else if (flag.takes === undefined) set.add(name);
    else throw new UsageError(`--fields ${field} needs --${name}`);
  }
  return set;
}

/** The usual columns that there are, with those replaced that a flag replaces, and those that a flag shows. */
export function usualColumns(
  tool: ToolDefinition,
  view: View,
  set: ReadonlySet<string>,
  all: readonly Column[],
): string[] {
  const flags = Object.entries(tool.flags ?? {}).flatMap(([name, flag]) => (set.has(name) ? [flag] : []));
  const replaces: Readonly<Record<string, string>> = Object.assign({}, ...flags.map(({ replaces }) => replaces));
  const usual = view.columns.map((column) => replaces[column] ?? column);
  // The last one has no limit to its width.
  usual.splice(-1, 0, ...flags.flatMap(({ shows = [] }) => shows));
  return usual.filter((name) => all.some((column) => column.name === name));
}
