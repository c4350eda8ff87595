/** Conversion between memory and JavaScript values. */
export { readValue, type Value } from './read.js';
export { type Input, writeValue } from './write.js';
