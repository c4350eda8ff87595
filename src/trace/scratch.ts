import { MAP_TYPE } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';
import { possibleCpus } from '../bpf/system.js';

/**
 * Events larger than the maximum value of a per-CPU map, 32 KiB, are built in a plain array, which declares the
 * entries of one CPU. Resizes it for all CPUs, before load.
 */
export function sizeScratch({ maps }: BpfObject): void {
  const scratch = maps.get('scratch');
  if (scratch?.type === MAP_TYPE.ARRAY) scratch.maxEntries *= possibleCpus();
}
