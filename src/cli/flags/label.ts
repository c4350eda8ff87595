import type { Label } from '../../trace/label.js';

/** Name of an option in errors. */
export const flagLabel: Label = (name) => `--${name}`;
