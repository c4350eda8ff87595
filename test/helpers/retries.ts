/** Retries of tests that causes outside snoopkit may disturb. */
import type { Test } from 'mocha';

const RETRIES = 5;

let current: Test | undefined;

/** Sets the running test. */
export function setCurrentTest(test: Test | undefined): void {
  current = test;
}

/** Marks the running test as disturbed: it may fail a few times, and is retried. */
export function allowRetries(): void {
  current?.retries(RETRIES);
}
