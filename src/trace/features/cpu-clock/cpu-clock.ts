import { createThread } from '../../../bpf/system.js';
import type { ToolDefinition } from '../../tool.js';
import type { Feature } from '../feature.js';

/** The hook that observes the scheduler's clock: bpf/include/cpu-clock.h. */
export const CPU_CLOCK_HOOKS = {
  'processor clocks': {
    ways: [{ programs: ['cpu_clock_seen'] }],
    without: 'cpu_time is accurate only up to the last tick',
  },
} as const satisfies ToolDefinition['hooks'];

/** The clock is read when new tasks are woken: makes sure that there is one. */
export const cpuClockFeature: Feature = {
  isIn: ({ programs }) => programs.get('cpu_clock_seen') !== undefined,
  attached: createThread,
};
