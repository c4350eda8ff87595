import { UsageError } from '../../errors.js';
import type { OtlpFlagValues } from '../../otlp/settings/flag-values.js';
import type { Output } from '../../output/format.js';
import type { FileOptions } from '../../output/output-file.js';
import type { Label } from '../../trace/label.js';
import { parseTraceOptions, type TraceFlagValues, type TraceOptions } from '../../trace/options.js';
import { parseFileSize, parseInteger } from '../../trace/values.js';
import { type OtlpFlagTexts, parseOtlpFlags, refuseOtlpFlags } from './otlp-options.js';

/** Renaming more files would take too long. */
const MOST_KEPT = 1000;

/** How errors name an option. */
export const flagLabel: Label = (name) => `--${name}`;

/** Values of the shared flags from the command line. */
export interface SharedFlagValues extends TraceFlagValues, OtlpFlagTexts {
  tree?: boolean;
  'fail-on-lost'?: boolean;
  verbose?: boolean;
  output?: Output;
  json?: boolean;
  out?: string;
  truncate?: boolean;
  rotate?: string;
  keep?: string;
  color?: boolean;
  otlp?: boolean;
}

/** The parsed shared flags. */
export interface RunOptions extends TraceOptions {
  readonly command: readonly string[];
  readonly failOnLost: boolean;
  readonly verbose: boolean;
  readonly output: Output;
  /** A process tree instead of an output: of failures only, or of all. */
  readonly tree: 'all' | 'failed' | undefined;
  readonly out: string | undefined;
  /** How it is written. */
  readonly file: FileOptions;
  readonly color: boolean;
  /** OTLP flags; undefined if nothing is exported. */
  readonly otlp: OtlpFlagValues | undefined;
}

function otlpOf(flags: SharedFlagValues, output: Output, command: readonly string[]): OtlpFlagValues | undefined {
  if (flags['trace-root'] && command.length === 0) throw new UsageError('--trace-root needs a command after --');
  if (output === 'otlp' || flags.otlp) return parseOtlpFlags(flags);
  refuseOtlpFlags(flags as Record<string, unknown>);
  return undefined;
}

function fileOf({ out, truncate, rotate, keep }: SharedFlagValues): FileOptions {
  const needs = (flag: string, other: string) => new UsageError(`${flag} needs ${other}`);
  if (out === '') throw new UsageError('--out: empty value');
  if (out === undefined && truncate) throw needs('--truncate', '--out');
  if (out === undefined && rotate !== undefined) throw needs('--rotate', '--out');
  if (rotate === undefined && keep !== undefined) throw needs('--keep', '--rotate');
  return {
    truncate,
    rotate:
      rotate === undefined
        ? undefined
        : { size: parseFileSize('--rotate', rotate), keep: parseInteger('--keep', keep ?? '10', 1, MOST_KEPT) },
  };
}

/** Checks and converts the flags. Throws a one-line UsageError for the first invalid one. */
export function parseOptions(flags: SharedFlagValues, command: readonly string[]): RunOptions {
  if (flags.follow && !flags.pid && command.length === 0)
    throw new UsageError('--follow needs --pid or a command after --');
  const output = flags.json ? 'json' : (flags.output ?? 'table');
  if (output === 'otlp' && flags.out !== undefined)
    throw new UsageError('--out cannot be combined with --output otlp: choose another output, and add --otlp');
  if (flags.tree && (output !== 'table' || flags.fields !== undefined || flags.time !== undefined))
    throw new UsageError('--tree cannot be combined with --output, --fields or --time');
  // A tree needs the ancestors of failures, too.
  const traced = flags.tree ? { ...flags, failed: false } : flags;
  return {
    ...parseTraceOptions(traced, flagLabel),
    command,
    failOnLost: flags['fail-on-lost'] ?? false,
    verbose: flags.verbose ?? false,
    output,
    tree: flags.tree ? (flags.failed ? 'failed' : 'all') : undefined,
    out: flags.out,
    file: fileOf(flags),
    color: flags.color ?? true,
    otlp: otlpOf(flags, output, command),
  };
}
