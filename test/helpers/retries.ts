/** Tests that something beside snoopkit may disturb, which says so. */
import type { Test } from 'mocha';

const RETRIES = 5;

let current: Test | undefined;

/** Tells which test runs. */
export function setCurrentTest(test: Test | undefined): void {
  current = test;
}

/** The test that runs was disturbed: it may fail a few times, and is then done again. */
export function allowRetries(): void {
  current?.retries(RETRIES);
}
