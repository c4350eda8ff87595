import { UsageError } from '../errors.js';
import type { TimeStyle } from '../events/time-style.js';
import { NameDatabase } from '../kernel/users.js';
import type { FEATURES } from './features/list.js';
import { allFeatures, type FeatureName } from './features/of-tool.js';
import { type FlagTable, type GivenFlags, parseFlags, type ValuesOf } from './flags/flag.js';
import { RUN_FLAGS } from './flags/run-flags.js';
import type { HookKind } from './hook-point.js';
import type { Label } from './label.js';
import { fittingRingSize } from './ring.js';

/** A table that a feature has, or none. */
type Table<Feature, Kind extends string> = Feature extends { readonly [K in Kind]: infer T extends FlagTable }
  ? T
  : Readonly<Record<never, never>>;

type Intersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All extends FlagTable
    ? All
    : never
  : never;

/** The flags of features, by their names. */
export type FeatureFlags<Name extends FeatureName = FeatureName, Kind extends string = 'flags'> = Intersection<
  Name extends FeatureName ? Table<(typeof FEATURES)[Name], Kind> : never
>;

/** Converted values of all features' flags. Those of features that a tool does not have are never given. */
export type SharedValues = ValuesOf<FeatureFlags> & ValuesOf<FeatureFlags<FeatureName, 'cliFlags'>>;

/** Options that every tool has, checked and converted. */
export interface TraceOptions {
  /** Values of the flags of features. */
  readonly flags: SharedValues;
  readonly users: NameDatabase;
  /** Milliseconds. */
  readonly duration: number | undefined;
  readonly maxEvents: number;
  /** Bytes. */
  readonly bufferSize: number;
  readonly btf: string | undefined;
  /** Only these kinds of hooks; undefined for all. */
  readonly hooks: ReadonlySet<HookKind> | undefined;
  readonly fields: string | undefined;
  readonly time: TimeStyle | undefined;
  /** Names of options in errors. */
  readonly label: Label;
}

/** Input of the command line beside the flags of src/trace. */
export interface CommandLine {
  /** A command to trace, and what errors call it. */
  readonly command: { readonly isGiven: boolean; readonly label: string };
  readonly time: TimeStyle | undefined;
}

/** Throws UsageError if descendants would be followed of no process. */
function refuseToFollowNothing(given: GivenFlags, label: Label, line: CommandLine | undefined): void {
  if (!given.follow || given.pid || line?.command.isGiven) return;
  throw new UsageError(`${label('follow')} needs ${label('pid')}${line ? ` or ${line.command.label}` : ''}`);
}

/** Checks and converts the options. Throws a one-line UsageError for the first invalid one. */
export function parseTraceOptions(given: GivenFlags, label: Label, line?: CommandLine): TraceOptions {
  refuseToFollowNothing(given, label, line);
  const tables = [...allFeatures().values()].flatMap(({ flags, cliFlags }) => [flags ?? {}, cliFlags ?? {}]);
  const run = parseFlags(RUN_FLAGS, given, label);
  return {
    // The values of all tables, each of which SharedValues has.
    flags: Object.assign({}, ...tables.map((table) => parseFlags(table, given, label))) as SharedValues,
    users: new NameDatabase('passwd'),
    duration: run.duration,
    maxEvents: run['max-events'] ?? Number.POSITIVE_INFINITY,
    bufferSize: run.buffer ?? fittingRingSize(),
    btf: run.btf,
    hooks: run.hooks,
    fields: run.fields,
    time: line?.time,
    label,
  };
}
