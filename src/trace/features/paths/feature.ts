import { defineFeature } from '../feature.js';

/** Absolute paths, and the filter of flags that take paths. */
export const feature = defineFeature({});
