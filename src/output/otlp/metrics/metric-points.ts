/** Metrics as plain objects, for messages.ts, and the points of those that add up to one number. */
import { type Int64, int64, type KeyValue } from '../values.js';

/** enum AggregationTemporality of the protocol: since the report before, or since the start. */
export const DELTA = 1;
export const CUMULATIVE = 2;

/** Nanoseconds since 1970: what the points of a report are about. The end is always later. */
export interface Period {
  readonly start: bigint;
  readonly end: bigint;
}

/** What was added up for a set of attributes: a number alone, or what metric-histogram.ts says. */
export interface Series {
  readonly attributes: readonly KeyValue[];
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

export type Metric = { readonly name: string; readonly description: string; readonly unit: string } & MetricData;

/** Makes points of series. */
export type PointWriter = (series: readonly Series[], period: Period, temporality: number) => MetricData;

/** What points of all kinds begin with. */
export const pointHead = ({ attributes }: Series, { start, end }: Period) => ({
  attributes,
  startTimeUnixNano: int64(start),
  timeUnixNano: int64(end),
});

// The protocol has only signed integers for points.
const LARGEST = 2n ** 63n - 1n;

function sumWriter(isMonotonic: boolean): PointWriter {
  const point = (series: Series, period: Period): NumberPoint => {
    const value = series.amounts[0] ?? 0n;
    return { ...pointHead(series, period), asInt: int64(value < LARGEST ? value : LARGEST, false) };
  };
  return (series, period, aggregationTemporality) => ({
    sum: { dataPoints: series.map((one) => point(one, period)), aggregationTemporality, isMonotonic },
  });
}

/** What only grows. */
export const counterPoints = sumWriter(true);
/** What comes and goes. */
export const levelPoints = sumWriter(false);
