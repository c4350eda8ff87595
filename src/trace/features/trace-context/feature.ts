import { defineFeature } from '../feature.js';

/** The trace context in the environment of a process, TRACEPARENT. */
export const feature = defineFeature({});
