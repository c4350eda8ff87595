/** Common to all of a tool's own flags: each sets a constant of the BPF program. */
interface ToolFlagBase {
  readonly char?: string;
  readonly summary: string;
  /** The constant: a `const volatile bool`, which becomes true, or the type for the flag's value. */
  readonly sets: string;
  /** Columns that exist only with this flag; requesting one of them sets it. */
  readonly fields?: readonly string[];
  /** The ones among them that a table shows in addition to the usual ones. */
  readonly shows?: readonly string[];
  /** Replacements of usual columns in a table, by name. */
  readonly replaces?: Readonly<Record<string, string>>;
}

/** A flag without a value. */
interface SwitchFlag extends ToolFlagBase {
  readonly takes?: undefined;
}

/** A number of bytes, for a `const volatile __u32`. */
interface SizeFlag extends ToolFlagBase {
  readonly takes: 'size';
  /** In command line syntax. */
  readonly default: string;
  /** In bytes. */
  readonly most: number;
  /** Maps whose values are enlarged by this number of bytes. */
  readonly room: readonly string[];
  /** The map among them limited to the entries that fit into this number of bytes: at most as declared, at least 256. */
  readonly fits?: readonly [map: string, bytes: number];
}

/** Names of environment variables; only these are shown. */
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

/** Substrings of process names, for a `const volatile char [LIST_MAX][16]`, which an empty one ends. */
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

/** Names of values in help. */
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

/** Kinds of values for which the flag may be repeated. */
export const LISTS: ReadonlySet<ToolFlag['takes']> = new Set([
  'pids',
  'comms',
  'signals',
  'statuses',
  'open-flags',
  'paths',
]);

/** Maximum number of `pids` and `comms`: the length of the arrays in the programs. */
export const LIST_MAX = 16;

/** A tool's own flag, in addition to the shared ones. */
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
