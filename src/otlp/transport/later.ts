import type { AnswerKind, Outcome } from '../types.js';

/** An outcome to be retried; by default, because time ran out. */
export const later = (
  message = 'no answer in time',
  after?: number,
  answer: AnswerKind = { error: 'timeout' },
): Outcome => ({
  kind: 'later',
  after: after === undefined || Number.isNaN(after) ? undefined : Math.max(0, after),
  message,
  answer,
});
