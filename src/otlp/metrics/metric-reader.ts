import { messageType } from '../messages.js';
import type { RecordResource } from '../types.js';
import { bytesField } from '../wire.js';
import type { Metric } from './metric-points.js';

/** A source of metrics. */
export interface MetricSource {
  /** Collects metrics at `time`, in nanoseconds since 1970. */
  collect(time: bigint): readonly Metric[];
}

export interface MetricReaderOptions {
  /** Milliseconds between exports: OTEL_METRIC_EXPORT_INTERVAL. */
  readonly interval: number;
  /** Time of day in nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Receives a metric, encoded with tag and length as a field of ScopeMetrics. */
  readonly receive: (metric: Uint8Array, resource?: RecordResource) => void;
}

/** setTimeout() reduces longer times to 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** ScopeMetrics.metrics */
const METRICS = 2;

/** Encodes a metric with tag and length, as a field of ScopeMetrics. */
export const encodeMetric = (metric: Metric): Uint8Array =>
  bytesField(METRICS, messageType('Metric').encode(metric).finish());

/** Collects from all sources at each interval and at the end, and passes the metrics on. */
export class MetricReader {
  readonly #options: MetricReaderOptions;
  readonly #sources: MetricSource[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: MetricReaderOptions) {
    this.#options = options;
  }

  add(source: MetricSource): void {
    this.#sources.push(source);
  }

  /** Starts the intervals. They don't keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.collect(), Math.min(this.#options.interval, LONGEST_MS)).unref();
  }

  /** Collects from all sources now. */
  collect(): void {
    if (!this.#isClosed) for (const source of this.#sources) this.export(source.collect(this.#options.now()));
  }

  /** Passes on metrics that a source reports on its own initiative. */
  export(metrics: readonly Metric[]): void {
    for (const metric of metrics) this.#options.receive(encodeMetric(metric), metric.resource);
  }

  /** Collects a last time, and ends. */
  close(): void {
    clearInterval(this.#timer);
    this.collect();
    this.#isClosed = true;
  }
}
