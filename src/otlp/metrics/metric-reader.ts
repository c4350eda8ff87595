import { messageType } from '../messages.js';
import type { RecordResource } from '../types.js';
import { bytesField } from '../wire.js';
import type { Metric } from './metric-points.js';

/** Something that has metrics whenever it is asked. */
export interface MetricSource {
  /** `time` is now, in nanoseconds since 1970. */
  collect(time: bigint): readonly Metric[];
}

export interface MetricReaderOptions {
  /** Milliseconds, as of OTEL_METRIC_EXPORT_INTERVAL. */
  readonly interval: number;
  /** The time of day in nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Takes a metric as it stands in ScopeMetrics: encoded, with its tag and its length in front. */
  readonly receive: (metric: Uint8Array, resource?: RecordResource) => void;
}

/** setTimeout(3) takes what is more for 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** ScopeMetrics.metrics */
const METRICS = 2;

/** A metric as it stands in ScopeMetrics. */
export const encodeMetric = (metric: Metric): Uint8Array =>
  bytesField(METRICS, messageType('Metric').encode(metric).finish());

/** Asks sources at each interval, and a last time when it is closed, and hands on what they tell. */
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

  /** Begins with the intervals. They keep no process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.collect(), Math.min(this.#options.interval, LONGEST_MS)).unref();
  }

  /** Asks all sources now. */
  collect(): void {
    if (!this.#isClosed) for (const source of this.#sources) this.export(source.collect(this.#options.now()));
  }

  /** Hands on what a source tells by itself. */
  export(metrics: readonly Metric[]): void {
    for (const metric of metrics) this.#options.receive(encodeMetric(metric), metric.resource);
  }

  /** Collects once more, and ends. */
  close(): void {
    clearInterval(this.#timer);
    this.collect();
    this.#isClosed = true;
  }
}
