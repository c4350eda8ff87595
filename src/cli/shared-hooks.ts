import type { ToolDefinition } from './tool.js';

/** How the scheduler's clock is known: the program of bpf/include/cpu-clock.h. */
export const CPU_CLOCK_HOOKS: ToolDefinition['hooks'] = {
  'processor clocks': {
    ways: [{ programs: ['cpu_clock_seen'] }],
    without: 'cpu_time goes only as far as the last tick',
  },
};
