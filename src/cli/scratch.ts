import { MAP_TYPE } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';
import { possibleCpus } from '../bpf/system.js';

/**
 * Memory for events that are larger than a value of a per-CPU map may be, 32 KiB, is in a plain array, which declares the
 * entries of one CPU: gives it those of all. Before load.
 */
export function sizeScratch({ maps }: BpfObject): void {
  const scratch = maps.get('scratch');
  if (scratch?.type === MAP_TYPE.ARRAY) scratch.maxEntries *= possibleCpus();
}
