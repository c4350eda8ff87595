import type { ByName } from '../events/by-name.js';

/** Names that a definition may use: any, or those of one tool (src/trace/define-tool.ts). */
export interface Names {
  readonly name: string;
  /** The struct of its events, and their columns. */
  readonly event: string;
  readonly column: string;
  /** The struct of its rows of aggregates, where it also has events, and their columns. */
  readonly row: string;
  readonly rowColumn: string;
  readonly program: string;
  readonly map: string;
  /** A constant of its programs. */
  readonly global: string;
  readonly flag: string;
}

/** Common to all of a tool's own flags: each sets a constant of the BPF program. */
interface ToolFlagBase<N extends Names> {
  readonly char?: string;
  readonly summary: string;
  /** The constant: a `const volatile bool`, which becomes true, or the type for the flag's value. */
  readonly sets: N['global'];
  /** Columns that exist only with this flag; requesting one of them sets it. */
  readonly fields?: readonly N['column'][];
  /** The ones among them that a table shows in addition to the usual ones. */
  readonly shows?: readonly N['column'][];
  /** Replacements of usual columns in a table, by name. */
  readonly replaces?: ByName<N['column'], N['column']>;
}

/** A flag without a value. */
interface SwitchFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes?: undefined;
}

/** A number of bytes, for a `const volatile __u32`. */
interface SizeFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'size';
  /** In command line syntax. */
  readonly default: string;
  /** In bytes. */
  readonly most: number;
  /** Maps whose values are enlarged by this number of bytes. */
  readonly room: readonly N['map'][];
  /** The map among them limited to the entries that fit into this number of bytes: at most as declared, at least 256. */
  readonly fits?: readonly [map: N['map'], bytes: number];
}

/** Names of environment variables; only these are shown. */
interface NamesFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'names';
}

/** A time, for a `const volatile __u64` of nanoseconds. */
interface DurationFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'duration';
}

/** Process ids, for a `const volatile __u32 [LIST_MAX]`, which a 0 ends. */
interface PidsFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'pids';
}

/** Substrings of process names, for a `const volatile char [LIST_MAX][16]`, which an empty one ends. */
interface CommsFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'comms';
}

/** Signals, for a `const volatile __u64` with bit N - 1 for signal N. */
interface SignalsFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'signals';
}

/** Exit statuses, for a `const volatile __u64 [4]` with a bit for each. */
interface StatusesFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'statuses';
}

/** Flags of open(2), for a `const volatile struct open_flag [OPEN_FLAGS_MAX]`: bpf/include/open-flags.h. */
interface OpenFlagsFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'open-flags';
}

/** Files and folders, with all below, for a `const volatile bool` and the maps of src/trace/features/paths/path-filter.h. */
interface PathsFlag<N extends Names> extends ToolFlagBase<N> {
  readonly takes: 'paths';
}

/** Maximum number of `pids` and `comms`: the length of the arrays in the programs. */
export const LIST_MAX = 16;

/** A tool's own flag, in addition to the shared ones. */
export type ToolFlag<N extends Names = Names> =
  | SwitchFlag<N>
  | SizeFlag<N>
  | NamesFlag<N>
  | DurationFlag<N>
  | PidsFlag<N>
  | CommsFlag<N>
  | SignalsFlag<N>
  | StatusesFlag<N>
  | OpenFlagsFlag<N>
  | PathsFlag<N>;
