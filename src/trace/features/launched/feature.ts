import { defineFeature } from '../feature.js';

/** When tracing began, and the launcher of a traced command, whose own usage is not the command's. */
export const feature = defineFeature({ needs: ['ending'] });
