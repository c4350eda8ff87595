import { UsageError } from '../../errors.js';
import type { OtlpFlagValues } from '../../otlp/settings/flag-values.js';
import type { Output } from '../../output/format.js';
import type { FileOptions } from '../../output/output-file.js';
import { type GivenFlags, parseFlags, type ValuesOf } from '../../trace/flags/flag.js';
import { parseTraceOptions, type TraceOptions } from '../../trace/options.js';
import { CLI_FLAGS } from './flags.js';
import { flagLabel } from './label.js';
import { parseOtlpFlags, refuseOtlpFlags } from './otlp-options.js';

/** The parsed shared flags. */
export interface RunOptions extends TraceOptions {
  readonly command: readonly string[];
  readonly failOnLost: boolean;
  readonly verbose: boolean;
  readonly output: Output;
  /** A process tree instead of an output: of failures only, or of all. */
  readonly tree: 'all' | 'failed' | undefined;
  readonly out: string | undefined;
  /** Options of the file. */
  readonly file: FileOptions;
  readonly color: boolean;
  /** OTLP flags; undefined if nothing is exported. */
  readonly otlp: OtlpFlagValues | undefined;
}

/** The command to trace, in errors. */
const COMMAND = 'a command after --';

/** Rotated files that are kept without --keep. */
const KEPT = 10;

function otlpOf(given: GivenFlags, output: Output, command: readonly string[]): OtlpFlagValues | undefined {
  if (given['trace-root'] && command.length === 0) throw new UsageError(`--trace-root needs ${COMMAND}`);
  if (output === 'otlp' || given.otlp) return parseOtlpFlags(given);
  refuseOtlpFlags(given);
  return undefined;
}

function fileOf({ out, truncate, rotate, keep }: ValuesOf<typeof CLI_FLAGS>): FileOptions {
  const needs = (flag: string, other: string) => new UsageError(`${flag} needs ${other}`);
  if (out === '') throw new UsageError('--out: empty value');
  if (out === undefined && truncate) throw needs('--truncate', '--out');
  if (out === undefined && rotate !== undefined) throw needs('--rotate', '--out');
  if (rotate === undefined && keep !== undefined) throw needs('--keep', '--rotate');
  return { truncate, rotate: rotate === undefined ? undefined : { size: rotate, keep: keep ?? KEPT } };
}

/** Checks and converts the flags that tools share. Throws a one-line UsageError for the first invalid one. */
export function parseOptions(given: GivenFlags, command: readonly string[]): RunOptions {
  const flags = parseFlags(CLI_FLAGS, given, flagLabel);
  const output = flags.json ? 'json' : (flags.output ?? 'table');
  if (output === 'otlp' && flags.out !== undefined)
    throw new UsageError('--out cannot be combined with --output otlp: choose another output, and add --otlp');
  if (given.tree && (output !== 'table' || given.fields !== undefined || flags.time !== undefined))
    throw new UsageError('--tree cannot be combined with --output, --fields or --time');
  // A tree needs the ancestors of failures, too.
  const traced = given.tree ? { ...given, failed: false } : given;
  return {
    ...parseTraceOptions(traced, flagLabel, {
      command: { isGiven: command.length > 0, label: COMMAND },
      time: flags.time,
    }),
    command,
    failOnLost: flags['fail-on-lost'] ?? false,
    verbose: flags.verbose ?? false,
    output,
    tree: given.tree ? (given.failed ? 'failed' : 'all') : undefined,
    out: flags.out,
    file: fileOf(flags),
    color: flags.color ?? true,
    otlp: otlpOf(given, output, command),
  };
}
