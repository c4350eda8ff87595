/** Metrics as plain objects, for messages.ts, and the points of those that add up to one number. */
import type { RecordResource } from '../types.js';
import { type Int64, int64, type KeyValue } from '../values.js';

/** enum AggregationTemporality of the protocol: since the report before, or since the start. */
export const DELTA = 1;
export const CUMULATIVE = 2;

/** What was added up for a set of attributes: a number alone, or what metric-histogram.ts says. */
export interface Series {
  readonly attributes: readonly KeyValue[];
  /** Whose it is, where that is not the resource of all. */
  readonly resource: RecordResource | undefined;
  /** Nanoseconds since 1970: since when. The report is always later. */
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

/** Makes points of series, as of `end`. */
export type PointWriter = (series: readonly Series[], end: bigint, temporality: number) => MetricData;

/** What points of all kinds begin with. */
export const pointHead = ({ attributes, start }: Series, end: bigint) => ({
  attributes,
  startTimeUnixNano: int64(start),
  timeUnixNano: int64(end),
});

// The protocol has only signed integers for points.
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

/** What only grows. */
export const counterPoints = sumWriter(true);
/** What comes and goes. */
export const levelPoints = sumWriter(false);
