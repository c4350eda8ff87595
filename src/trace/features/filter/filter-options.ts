import type { NetFilterOptions } from '../sockets/net-filter-options.js';

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
  /** For tools that trace sockets. */
  readonly ends: NetFilterOptions;
}
