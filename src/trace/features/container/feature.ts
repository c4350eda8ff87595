import { list } from '../../flags/flag.js';
import { defineFeature } from '../feature.js';
import { parseContainers } from './container-ids.js';

/** The containers that tasks are in. */
export const feature = defineFeature({
  isInEveryTool: true,
  programs: ['container_mkdir', 'container_rmdir'],
  flags: {
    container: list({
      group: 'FILTER',
      value: 'ID',
      summary:
        'only these containers, running or yet to start, and containers in them, by id: whole, or its first 12 digits or more (cgroup v2)',
      parse: parseContainers,
    }),
  },
});
