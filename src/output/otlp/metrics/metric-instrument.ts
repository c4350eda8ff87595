import type { HistogramStyle, Temporality } from '../settings/flag-values.js';
import type { KeyValue } from '../values.js';
import { HISTOGRAM_AMOUNTS, histogramPoints } from './metric-histogram.js';
import { counterPoints, levelPoints, type Metric, type PointWriter } from './metric-points.js';
import { MetricSeries, type SeriesOptions } from './metric-series.js';

/** What the settings say of metrics, and when the counting began. */
export interface MetricOptions {
  readonly temporality: Temporality;
  readonly histograms: HistogramStyle;
  /** Nanoseconds since 1970: when the tool was attached. */
  readonly start: bigint;
  /** How many series a metric may have. */
  readonly limit?: number;
}

export interface MetricName {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** So many points go into a message: less than 512 KiB, since a collector takes 4 MiB at a time by default (gRPC). */
const POINTS_MAX = 400;

/** One metric: what is added up, and how it is written. */
export class Instrument {
  readonly #name: MetricName;
  readonly #write: PointWriter;
  readonly #series: MetricSeries;

  private constructor(name: MetricName, write: PointWriter, series: SeriesOptions) {
    this.#name = name;
    this.#write = write;
    this.#series = new MetricSeries(series);
  }

  /** Of what only grows: told as what came since the last time, or as all so far. */
  static counter(name: MetricName, telling: 'changes' | 'totals', options: MetricOptions): Instrument {
    return new Instrument(name, counterPoints, { ...options, telling, width: 1 });
  }

  /** Of how much there is at the moment. */
  static level(name: MetricName, options: MetricOptions): Instrument {
    return new Instrument(name, levelPoints, { ...options, telling: 'level', width: 1 });
  }

  /** Of nanoseconds. Its unit depends on how histograms are written. */
  static histogram(name: Omit<MetricName, 'unit'>, telling: 'changes' | 'totals', options: MetricOptions): Instrument {
    const { unit, write } = histogramPoints(options.histograms);
    return new Instrument({ ...name, unit }, write, { ...options, telling, width: HISTOGRAM_AMOUNTS });
  }

  add(attributes: readonly KeyValue[], amounts: bigint | BigUint64Array): void {
    this.#series.add(attributes, typeof amounts === 'bigint' ? BigUint64Array.of(amounts) : amounts);
  }

  /** The metric as of now: none where there is nothing to tell, several of the same name where there are many points. */
  collect(time: bigint): Metric[] {
    const { name, unit, description } = this.#name;
    const { period, series } = this.#series.take(time);
    return Array.from({ length: Math.ceil(series.length / POINTS_MAX) }, (_, i) => ({
      name,
      unit,
      description,
      ...this.#write(series.slice(i * POINTS_MAX, (i + 1) * POINTS_MAX), period, this.#series.temporality),
    }));
  }
}
