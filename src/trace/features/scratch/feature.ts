import { defineFeature } from '../feature.js';

/** Events that are larger than a value of a per-CPU map may be: the map `scratch` of EVENT(), or one of the plain kind. */
export const feature = defineFeature({ isInEveryTool: true });
