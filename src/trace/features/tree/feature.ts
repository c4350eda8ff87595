import { toggle } from '../../flags/flag.js';
import { defineFeature } from '../feature.js';

/** Events that are process exits, which can be shown as a tree: src/output/tree.ts. */
export const feature = defineFeature({
  cliFlags: {
    tree: toggle({ summary: 'show the process tree at the end; with --failed only branches that lead to failures' }),
  },
});
