import { MAP_TYPE } from '../../../bpf/map.js';
import { possibleCpus } from '../../../bpf/system.js';
import type { Feature } from '../feature.js';

/**
 * Events larger than the maximum value of a per-CPU map, 32 KiB, are built in a plain array, which declares the
 * entries of one CPU. Resizes it for all CPUs.
 */
export const scratchFeature: Feature = {
  configure({ maps }) {
    const scratch = maps.get('scratch');
    if (scratch?.type === MAP_TYPE.ARRAY) scratch.maxEntries *= possibleCpus();
  },
};
