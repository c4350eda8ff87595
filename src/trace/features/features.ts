import type { BpfObject } from '../../bpf/object.js';
import { cgroupFeature } from './cgroups/cgroup-table.js';
import { cpuClockFeature } from './cpu-clock/cpu-clock.js';
import { dnsFeature } from './dns/dns.js';
import type { Feature } from './feature.js';
import { filterFeature } from './filter/filters.js';
import { launchedFeature } from './launched/launched.js';
import { scratchFeature } from './scratch/scratch.js';
import { socketFeature } from './sockets/net-filters.js';

/** The features of the shared headers, in the order of their steps. */
const ALL: readonly Feature[] = [
  filterFeature,
  socketFeature,
  dnsFeature,
  cgroupFeature,
  scratchFeature,
  launchedFeature,
  cpuClockFeature,
];

/** The features whose headers an object includes. */
export function featuresOf(object: BpfObject): readonly Feature[] {
  return ALL.filter(({ isIn }) => isIn?.(object) ?? true);
}
