import type { Outcome } from '../types.js';

/** What a timer can wait: twenty-four days. */
const LONGEST = 2 ** 31 - 1;

/** To be tried again; without a message, for there was no time to get an answer. */
export const later = (message = 'no answer in time', after?: number): Outcome => ({
  kind: 'later',
  after: after === undefined || Number.isNaN(after) ? undefined : Math.min(Math.max(0, after), LONGEST),
  message,
});
