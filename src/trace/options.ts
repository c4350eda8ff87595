import type { TimeStyle } from '../events/kinds/time.js';
import { NameDatabase } from '../kernel/users.js';
import type { FilterOptions } from './features/filter/filter-options.js';
import { type NetFlagValues, parseNetFilters } from './features/sockets/net-filters.js';
import type { HookKind } from './hooks.js';
import type { Label } from './label.js';
import { fittingRingSize } from './ring.js';
import {
  LONGEST_RUN_MS,
  parseCgroups,
  parseComms,
  parseDuration,
  parseHooks,
  parseInteger,
  parseIntegers,
  parseNamespaces,
  parseSize,
  parseUsers,
} from './values.js';

/** The options that every tool has, as texts: the flags of the command line. */
export interface TraceFlagValues extends NetFlagValues {
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
  duration?: string;
  'max-events'?: string;
  buffer?: string;
  btf?: string;
  hooks?: string[];
  fields?: string;
  time?: TimeStyle;
}

/** The same, checked and converted. */
export interface TraceOptions {
  readonly filters: FilterOptions;
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
  /** How errors name options. */
  readonly label: Label;
}

/** Checks and converts the options. Throws a one-line UsageError for the first invalid one. */
export function parseTraceOptions(flags: TraceFlagValues, label: Label): TraceOptions {
  const users = new NameDatabase('passwd');
  const { duration, buffer, 'max-events': most } = flags;
  return {
    filters: {
      pids: parseIntegers(label('pid'), flags.pid),
      tids: parseIntegers(label('tid'), flags.tid),
      ppids: parseIntegers(label('ppid'), flags.ppid, 0),
      uids: parseUsers(label('uid'), flags.uid, users),
      comms: parseComms(label('comm'), flags.comm),
      cgroups: parseCgroups(label('cgroup'), flags.cgroup),
      mntns: parseNamespaces(label('mntns'), 'mnt', flags.mntns),
      netns: parseNamespaces(label('netns'), 'net', flags.netns),
      follow: flags.follow ?? false,
      failed: flags.failed ?? false,
      ends: parseNetFilters(flags, label),
    },
    users,
    duration: duration === undefined ? undefined : parseDuration(label('duration'), duration, LONGEST_RUN_MS),
    maxEvents:
      most === undefined
        ? Number.POSITIVE_INFINITY
        : parseInteger(label('max-events'), most, 1, Number.MAX_SAFE_INTEGER),
    bufferSize: buffer === undefined ? fittingRingSize() : parseSize(label('buffer'), buffer),
    btf: flags.btf,
    hooks: parseHooks(label('hooks'), flags.hooks),
    fields: flags.fields,
    time: flags.time,
    label,
  };
}
