import type { BpfObject } from '../../bpf/object.js';
import type { ToolDefinition } from '../tool.js';
import { cgroupFeature } from './cgroups/cgroup-table.js';
import { cpuClockFeature } from './cpu-clock/cpu-clock.js';
import { dnsFeature } from './dns/dns.js';
import type { Feature } from './feature.js';
import { filterFeature } from './filter/filters.js';
import { launchedFeature } from './launched/launched.js';
import { scratchFeature } from './scratch/scratch.js';
import { socketFeature } from './sockets/net-filters.js';

/** The features of the shared headers. A feature of few tools is named by these instead, in `features`. */
const SHARED: readonly Feature[] = [
  filterFeature,
  socketFeature,
  dnsFeature,
  cgroupFeature,
  scratchFeature,
  launchedFeature,
  cpuClockFeature,
];

/** The features of a tool, as far as its object includes their headers. */
export function featuresOf({ features = [] }: Pick<ToolDefinition, 'features'>, object: BpfObject): readonly Feature[] {
  return [...SHARED, ...features].filter(({ isIn }) => isIn?.(object) ?? true);
}
