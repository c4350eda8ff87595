import { bootTime } from '../../../bpf/system.js';
import type { Feature } from '../feature.js';

/** When tracing began, and the launcher of a traced command, whose own usage is not the command's: bpf/include/launched.h. */
export const launchedFeature: Feature = {
  configure({ globals }, { launched }) {
    globals.get('tracing_since')?.set(bootTime());
    if (launched !== undefined) globals.get('launched_pid')?.set(launched);
  },
};
