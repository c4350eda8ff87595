/**
 * Histograms of src/trace/features/tally/histogram.h as OpenTelemetry's: one bucket per slot. With explicit bounds, only exact
 * powers of two belong to the next higher bucket, because the kernel's buckets include their lower bound and
 * OpenTelemetry's the upper one. The specification allows that.
 */
import type { Histogram } from '../../events/column.js';
import type { HistogramStyle } from '../settings/flag-values.js';
import { int64 } from '../values.js';
import { type PointWriter, pointHead, type Series } from './metric-points.js';

/** HISTOGRAM_SLOTS of bpf/include/types.h. The first slot counts zeros, the last one has no upper bound. */
export const SLOTS = 54;
/** Amounts of a series: the sum, then the slots. */
export const HISTOGRAM_AMOUNTS = 1 + SLOTS;

/** 1 ns, 2 ns, 4 ns and so on, in seconds. Always complete, because the bounds of a series must not change. */
const BOUNDS: readonly number[] = Array.from({ length: SLOTS - 1 }, (_, slot) => 2 ** slot / 1e9);

/** Amounts of a histogram of nanoseconds. */
export function histogramAmounts({ sum, buckets }: Pick<Histogram, 'sum' | 'buckets'>): BigUint64Array {
  const amounts = new BigUint64Array(HISTOGRAM_AMOUNTS);
  amounts[0] = sum;
  for (const { from, count } of buckets)
    amounts[1 + (from === 0 ? 0 : Math.round(Math.log2(from)) + 1)] = BigInt(count);
  return amounts;
}

/** Amounts of a single value. */
export function durationAmounts(nanoseconds: bigint): BigUint64Array {
  const amounts = new BigUint64Array(HISTOGRAM_AMOUNTS);
  const bits = nanoseconds === 0n ? 0 : nanoseconds.toString(2).length;
  amounts[0] = nanoseconds;
  amounts[1 + Math.min(bits, SLOTS - 1)] = 1n;
  return amounts;
}

const slotsOf = ({ amounts }: Series) => amounts.subarray(1);
const int64s = (counts: BigUint64Array) => Array.from(counts, (count) => int64(count));
const total = (counts: BigUint64Array) => int64(counts.reduce((sum, count) => sum + count, 0n));

const explicitPoints: PointWriter = (series, end, aggregationTemporality) => ({
  histogram: {
    dataPoints: series.map((one) => ({
      ...pointHead(one, end),
      count: total(slotsOf(one)),
      sum: Number(one.amounts[0]) / 1e9,
      bucketCounts: int64s(slotsOf(one)),
      explicitBounds: BOUNDS,
    })),
    aggregationTemporality,
  },
});

/**
 * Base 2 is scale 0, in which bucket N spans 2^N to 2^(N+1) seconds. Slot N of the kernel begins at 2^(N-1) ns, which
 * is 2^(N-1-29.897) s, and becomes the bucket that covers most of it. No power of two in nanoseconds is one in seconds:
 * the exported bounds are 7 % lower. The last bucket, unbounded in the kernel, ends at 104 days.
 */
const FIRST_BUCKET = -30;

const exponentialPoints: PointWriter = (series, end, aggregationTemporality) => ({
  exponentialHistogram: {
    dataPoints: series.map((one) => {
      const slots = slotsOf(one);
      const first = slots.findIndex((count, slot) => slot > 0 && count > 0n);
      const last = slots.findLastIndex((count) => count > 0n);
      return {
        ...pointHead(one, end),
        count: total(slots),
        sum: Number(one.amounts[0]) / 1e9,
        scale: 0,
        zeroCount: int64(slots[0] ?? 0n),
        ...(first > 0 && {
          positive: { offset: FIRST_BUCKET + first - 1, bucketCounts: int64s(slots.subarray(first, last + 1)) },
        }),
      };
    }),
    aggregationTemporality,
  },
});

/** Encoding of histograms. Both styles use seconds, since a metric has one unit. */
export const histogramPoints = (style: HistogramStyle): PointWriter =>
  style === 'explicit' ? explicitPoints : exponentialPoints;
