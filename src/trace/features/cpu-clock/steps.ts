import { createThread } from '../../../bpf/system.js';
import type { MakeSteps } from '../steps.js';

/** The clock is read when new tasks are woken: makes sure that there is one. */
export const steps: MakeSteps = () => ({ attached: createThread });
