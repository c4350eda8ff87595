/** Metrics as plain objects, for messages.ts, and the points of sums. */
import type { RecordResource } from '../types.js';
import { type Int64, int64, type KeyValue } from '../values.js';

/** AggregationTemporality of the protocol: since the last report, or since the start. */
export const DELTA = 1;
export const CUMULATIVE = 2;

/** Aggregates of one set of attributes: one number, or those of metric-histogram.ts. */
export interface Series {
  readonly attributes: readonly KeyValue[];
  /** A resource other than the common one. */
  readonly resource: RecordResource | undefined;
  /** Start in nanoseconds since 1970, always before the report. */
  readonly start: bigint;
  readonly amounts: BigUint64Array;
}

export interface NumberPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: Int64;
  readonly timeUnixNano: Int64;
  readonly asInt: Int64;
}

/** The member of a Metric that has its points. */
export type MetricData =
  | {
      readonly sum: {
        readonly dataPoints: readonly NumberPoint[];
        readonly aggregationTemporality: number;
        readonly isMonotonic: boolean;
      };
    }
  | { readonly histogram: { readonly dataPoints: readonly object[]; readonly aggregationTemporality: number } }
  | {
      readonly exponentialHistogram: {
        readonly dataPoints: readonly object[];
        readonly aggregationTemporality: number;
      };
    };

export type Metric = {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly resource?: RecordResource | undefined;
} & MetricData;

/** Encodes series as points at time `end`, in nanoseconds since 1970. */
export type PointWriter = (series: readonly Series[], end: bigint, temporality: number) => MetricData;

/** Members that points of all kinds share. */
export const pointHead = ({ attributes, start }: Series, end: bigint) => ({
  attributes,
  startTimeUnixNano: int64(start),
  timeUnixNano: int64(end),
});

// The protocol has no unsigned integers for points.
const LARGEST = 2n ** 63n - 1n;

function sumWriter(isMonotonic: boolean): PointWriter {
  const point = (series: Series, end: bigint): NumberPoint => {
    const value = series.amounts[0] ?? 0n;
    return { ...pointHead(series, end), asInt: int64(value < LARGEST ? value : LARGEST, false) };
  };
  return (series, end, aggregationTemporality) => ({
    sum: { dataPoints: series.map((one) => point(one, end)), aggregationTemporality, isMonotonic },
  });
}

/** Points of monotonic sums. */
export const counterPoints = sumWriter(true);
/** Points of non-monotonic sums: current values. */
export const levelPoints = sumWriter(false);
