import { possibleCpus } from '../../../bpf/system.js';
import type { MakeSteps } from '../steps.js';

/**
 * Events larger than the maximum value of a per-CPU map, 32 KiB, are built in a plain array, which declares the
 * entries of one CPU. Resizes it for all CPUs.
 */
export const steps: MakeSteps = () => ({
  configure({ maps }) {
    const scratch = maps.get('scratch');
    if (scratch?.type === 'array') scratch.maxEntries *= possibleCpus();
  },
});
