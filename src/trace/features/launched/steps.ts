import { bootTime } from '../../../bpf/system.js';
import type { MakeSteps } from '../steps.js';

export const steps: MakeSteps = () => ({
  configure({ globals }, { launched }) {
    globals.need('tracing_since').set(bootTime());
    if (launched !== undefined) globals.need('launched_pid').set(launched);
  },
});
