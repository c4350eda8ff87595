import type { AttributeRule } from '../../../otlp/mapping.js';
import type { ExitsnoopEvent } from '../../tool-types.js';

/** Rules for columns, by name. */
type Rules<Columns> = { readonly [Column in keyof Columns]?: AttributeRule<keyof Columns & string> };

/** Attributes of struct ending (src/trace/features/ending/exit.h). A process killed by a signal has no exit status. */
export const ENDING_ATTRIBUTES = {
  exit_code: { name: 'process.exit.code', unless: 'signal' },
  signal: 'snoopkit.process.exit.signal',
} as const satisfies Rules<ExitsnoopEvent>;
export const ENDING_WARNS = ['exit_code', 'signal'] as const satisfies readonly (keyof ExitsnoopEvent)[];
