import { defineFeature } from '../feature.js';

/** The scheduler's clock, for CPU time up to now. */
export const feature = defineFeature({
  hooks: {
    'CPU clocks': {
      ways: [{ programs: ['cpu_clock_seen'] }],
      without: 'cpu_time is accurate only up to the last tick',
    },
  },
});
