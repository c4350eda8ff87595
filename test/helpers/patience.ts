/**
 * For machines that are many times slower than real ones, above all emulated ones (test/kernels): SNOOPKIT_SLOW is the
 * factor. Time limits grow by it, and the counts of stress tests, which only need to be large, shrink. Expected results
 * never depend on it.
 */
const factor = Math.max(1, Number(process.env.SNOOPKIT_SLOW ?? 1) || 1);

/** A time limit. Waits that are the subject of a test (an interval, a delay) do not change. */
export function patient(milliseconds: number): number {
  return milliseconds * factor;
}

/** Number of events of a stress test. */
export function fewer(count: number): number {
  return Math.ceil(count / factor);
}
