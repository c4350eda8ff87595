import type { AnswerKind, Outcome } from '../types.js';

/** To be tried again; without a message, for there was no time to get an answer. */
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
