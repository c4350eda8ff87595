/** The metrics of a run: a tool's aggregates, and snoopkit's own health metrics. */
import { NotFoundError } from '../errors.js';
import type { Column, EventRecord } from '../events/column.js';
import type { Rows } from '../events/rows.js';
import { type Health, HealthMetrics, type Operation } from './metrics/health-metrics.js';
import type { MetricOptions } from './metrics/metric-instrument.js';
import { MetricReader } from './metrics/metric-reader.js';
import { attributeColumns, keyColumns, TallyMetrics, type TallyShape } from './metrics/tally-metrics.js';
import type { MetricSettings } from './settings/settings.js';
import type { RecordResource } from './types.js';
import type { KeyValue } from './values.js';
import type { OtlpView } from './view.js';

export interface OtlpMetricsOptions {
  readonly view: OtlpView;
  readonly settings: MetricSettings;
  /** Reads columns as attributes. */
  readonly attributesOf: (columns: readonly Column[]) => (record: EventRecord) => readonly KeyValue[];
  /** The resource of a row, if it differs from the common one. */
  readonly resourceOf: ((record: EventRecord) => RecordResource | undefined) | undefined;
  /** The current health of the run. */
  readonly health: () => Health;
  /** The time of day in nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Receives a metric, encoded as a field of its scope's message. */
  readonly receive: (metric: Uint8Array, resource?: RecordResource) => void;
}

/** The shape of a tool's aggregates; undefined for a tool that shows events. */
function shapeOf({ view, tally, columns, chosen, by }: OtlpView): TallyShape | undefined {
  return (
    tally && {
      event: view.event.name,
      columns,
      fields: view.fields,
      sums: tally.sums ?? [],
      mappings: tally.metrics ?? {},
      isTotal: tally.isTotal ?? false,
      chosen,
      by,
    }
  );
}

/** Checks the columns that make attributes. Throws NotFoundError for a column that is not part of the key of rows. */
export function checkBy(view: OtlpView): void {
  const shape = shapeOf(view);
  const names = shape ? keyColumns(shape).map(({ name }) => name) : [];
  const unknown = view.by?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new NotFoundError(
      'metric attribute',
      unknown,
      `${unknown}: not a metric attribute; columns: ${names.join(', ')}`,
    );
}

/** Counts from its creation. */
export class OtlpMetrics {
  readonly #now: () => bigint;
  readonly #health: HealthMetrics;
  readonly #tally: TallyMetrics | undefined;
  readonly #reader: MetricReader;

  constructor({ view, settings, attributesOf, resourceOf, health, now, receive }: OtlpMetricsOptions) {
    const { interval, temporality, histograms } = settings;
    const options: MetricOptions = { temporality, histograms, start: now() };
    const shape = shapeOf(view);
    this.#now = now;
    this.#health = new HealthMetrics(health, options);
    this.#tally =
      shape && new TallyMetrics(shape, { attributesOf: attributesOf(attributeColumns(shape)), resourceOf }, options);
    this.#reader = new MetricReader({ interval, now, receive });
    this.#reader.add(this.#health);
    this.#reader.start();
  }

  /** Records a finished export. */
  note(operation: Operation): void {
    this.#health.note(operation);
  }

  /** Exports aggregates. */
  report(rows: Rows): void {
    this.#reader.export(this.#tally?.report(rows, this.#now()) ?? []);
  }

  /** Exports the health metrics once more, and ends. */
  close(): void {
    this.#reader.close();
  }
}
