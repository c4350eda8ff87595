import type { HistogramStyle, Temporality } from '../settings/flag-values.js';
import type { RecordResource } from '../types.js';
import type { KeyValue } from '../values.js';
import { HISTOGRAM_AMOUNTS, histogramPoints } from './metric-histogram.js';
import { counterPoints, levelPoints, type Metric, type PointWriter, type Series } from './metric-points.js';
import { MetricSeries, type SeriesOptions } from './metric-series.js';

/** Settings of metrics, and the time when counting began. */
export interface MetricOptions {
  readonly temporality: Temporality;
  readonly histograms: HistogramStyle;
  /** When the tool was attached, in nanoseconds since 1970. */
  readonly start: bigint;
  /** Maximum number of series per metric. */
  readonly limit?: number;
  /** Number of reports without changes after which a series is forgotten; never if undefined. */
  readonly silent?: number;
}

export interface MetricName {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** A metric: its series and their encoding. */
export class Instrument {
  readonly #name: MetricName;
  readonly #write: PointWriter;
  readonly #series: MetricSeries;

  private constructor(name: MetricName, write: PointWriter, series: SeriesOptions) {
    this.#name = name;
    this.#write = write;
    this.#series = new MetricSeries(series);
  }

  /** A monotonic sum, given as changes or as totals. */
  static counter(name: MetricName, amountKind: 'changes' | 'totals', options: MetricOptions): Instrument {
    return new Instrument(name, counterPoints, { ...options, amountKind, width: 1 });
  }

  /** A current value, such as the size of a queue. */
  static level(name: MetricName, options: MetricOptions): Instrument {
    return new Instrument(name, levelPoints, { ...options, amountKind: 'level', width: 1 });
  }

  /** A histogram of nanoseconds, exported in seconds. */
  static histogram(
    name: Omit<MetricName, 'unit'>,
    amountKind: 'changes' | 'totals',
    options: MetricOptions,
  ): Instrument {
    const write = histogramPoints(options.histograms);
    return new Instrument({ ...name, unit: 's' }, write, { ...options, amountKind, width: HISTOGRAM_AMOUNTS });
  }

  add(attributes: readonly KeyValue[], amounts: bigint | BigUint64Array, resource?: RecordResource): void {
    const all = typeof amounts === 'bigint' ? BigUint64Array.of(amounts) : amounts;
    this.#series.add(attributes, all, resource);
  }

  /**
   * Collects the metric: one per resource, none without data. All points are in one message: 2,000 histograms take less
   * than 3 MiB, and collectors accept 4 MiB by default (gRPC).
   */
  collect(time: bigint): Metric[] {
    const { end, series } = this.#series.take(time);
    const groups = new Map<string | undefined, Series[]>();
    for (const one of series) {
      const group = groups.get(one.resource?.key);
      if (group) group.push(one);
      else groups.set(one.resource?.key, [one]);
    }
    return [...groups.values()].map((group) => ({
      ...this.#name,
      resource: group[0]?.resource,
      ...this.#write(group, end, this.#series.temporality),
    }));
  }
}
