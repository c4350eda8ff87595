/**
 * For machines that are many times slower than real ones, emulated ones above all (test/kernels): SNOOPKIT_SLOW says
 * how many times. Time limits grow by that factor, and the counts of stress tests, which only want to be large, shrink.
 * What a test expects never changes with it.
 */
const factor = Math.max(1, Number(process.env.SNOOPKIT_SLOW ?? 1) || 1);

/** A time limit. Waits that a test is about (an interval, a delay) stay as they are. */
export function patient(milliseconds: number): number {
  return milliseconds * factor;
}

/** How many events a stress test makes. */
export function fewer(count: number): number {
  return Math.ceil(count / factor);
}
