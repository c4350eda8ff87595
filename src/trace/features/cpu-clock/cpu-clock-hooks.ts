import type { ToolDefinition } from '../../tool.js';

/** The hook that observes the scheduler's clock: bpf/include/cpu-clock.h. */
export const CPU_CLOCK_HOOKS = {
  'processor clocks': {
    ways: [{ programs: ['cpu_clock_seen'] }],
    without: 'cpu_time is accurate only up to the last tick',
  },
} as const satisfies ToolDefinition['hooks'];
