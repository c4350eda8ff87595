import { UsageError } from '../../errors.js';
import type { TimeStyle } from '../../events/kinds/time.js';
import { NameDatabase } from '../../kernel/users.js';
import type { OtlpFlagValues } from '../../otlp/settings/flag-values.js';
import type { Output } from '../../output/format.js';
import type { FileOptions } from '../../output/output-file.js';
import type { FilterOptions } from '../../trace/features/filter/filter-options.js';
import { type NetFlagValues, parseNetFilters } from '../../trace/features/sockets/net-filters.js';
import type { HookKind } from '../../trace/hooks.js';
import { fittingRingSize } from '../../trace/ring.js';
import {
  LONGEST_RUN_MS,
  parseCgroups,
  parseComms,
  parseDuration,
  parseFileSize,
  parseHooks,
  parseInteger,
  parseIntegers,
  parseNamespaces,
  parseSize,
  parseUsers,
} from '../../trace/values.js';
import { type OtlpFlagTexts, parseOtlpFlags, refuseOtlpFlags } from './otlp-options.js';

/** Renaming more files would take too long. */
const MOST_KEPT = 1000;

/** Values of the shared flags from the command line. */
export interface SharedFlagValues extends NetFlagValues, OtlpFlagTexts {
  pid?: string[];
  tid?: string[];
  ppid?: string[];
  uid?: string[];
  comm?: string[];
  cgroup?: string[];
  mntns?: string[];
  netns?: string[];
  follow?: boolean;
  failed?: boolean;
  tree?: boolean;
  duration?: string;
  'max-events'?: string;
  buffer?: string;
  btf?: string;
  hooks?: string[];
  'fail-on-lost'?: boolean;
  verbose?: boolean;
  output?: Output;
  json?: boolean;
  fields?: string;
  time?: TimeStyle;
  out?: string;
  truncate?: boolean;
  rotate?: string;
  keep?: string;
  color?: boolean;
  otlp?: boolean;
}

/** The parsed shared flags. */
export interface RunOptions {
  readonly filters: FilterOptions;
  readonly users: NameDatabase;
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly duration: number | undefined;
  readonly maxEvents: number;
  /** Bytes. */
  readonly bufferSize: number;
  readonly btf: string | undefined;
  /** Only these kinds of hooks; undefined for all. */
  readonly hooks: ReadonlySet<HookKind> | undefined;
  readonly failOnLost: boolean;
  readonly verbose: boolean;
  readonly output: Output;
  /** A process tree instead of an output: of failures only, or of all. */
  readonly tree: 'all' | 'failed' | undefined;
  readonly fields: string | undefined;
  readonly time: TimeStyle | undefined;
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
  if (flags.follow && !flags.pid && command.length === 0) {
    throw new UsageError('--follow needs --pid or a command after --');
  }
  const output = flags.json ? 'json' : (flags.output ?? 'table');
  if (flags.tree && (output !== 'table' || flags.fields !== undefined || flags.time !== undefined))
    throw new UsageError('--tree cannot be combined with --output, --fields or --time');
  const users = new NameDatabase('passwd');
  return {
    filters: {
      pids: parseIntegers('--pid', flags.pid),
      tids: parseIntegers('--tid', flags.tid),
      ppids: parseIntegers('--ppid', flags.ppid, 0),
      uids: parseUsers(flags.uid, users),
      comms: parseComms(flags.comm),
      cgroups: parseCgroups(flags.cgroup),
      mntns: parseNamespaces('--mntns', 'mnt', flags.mntns),
      netns: parseNamespaces('--netns', 'net', flags.netns),
      follow: flags.follow ?? false,
      // A tree needs the ancestors of failures, too.
      failed: (flags.failed && !flags.tree) ?? false,
      ends: parseNetFilters(flags),
    },
    users,
    command,
    duration: flags.duration === undefined ? undefined : parseDuration('--duration', flags.duration, LONGEST_RUN_MS),
    maxEvents:
      flags['max-events'] === undefined
        ? Number.POSITIVE_INFINITY
        : parseInteger('--max-events', flags['max-events'], 1, Number.MAX_SAFE_INTEGER),
    bufferSize: flags.buffer === undefined ? fittingRingSize() : parseSize('--buffer', flags.buffer),
    btf: flags.btf,
    hooks: parseHooks(flags.hooks),
    failOnLost: flags['fail-on-lost'] ?? false,
    verbose: flags.verbose ?? false,
    output,
    tree: flags.tree ? (flags.failed ? 'failed' : 'all') : undefined,
    fields: flags.fields,
    time: flags.time,
    out: flags.out,
    file: fileOf(flags),
    color: flags.color ?? true,
    otlp: otlpOf(flags, output, command),
  };
}
