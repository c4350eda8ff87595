import type { ValuesOf } from '../../flags/flag.js';
import type { feature } from './feature.js';

/** Filters. Empty lists match everything. */
export interface FilterOptions {
  readonly pids: readonly number[];
  readonly tids: readonly number[];
  readonly ppids: readonly number[];
  readonly uids: readonly number[];
  readonly comms: readonly string[];
  readonly cgroups: readonly string[];
  readonly mntns: readonly number[];
  readonly netns: readonly number[];
  readonly follow: boolean;
  readonly failed: boolean;
}

/** The filters that flags ask for. */
export function filtersOf(flags: ValuesOf<typeof feature.flags>): FilterOptions {
  return {
    pids: flags.pid ?? [],
    tids: flags.tid ?? [],
    ppids: flags.ppid ?? [],
    uids: flags.uid ?? [],
    comms: flags.comm ?? [],
    cgroups: flags.cgroup ?? [],
    mntns: flags.mntns ?? [],
    netns: flags.netns ?? [],
    follow: flags.follow ?? false,
    failed: flags.failed ?? false,
  };
}
