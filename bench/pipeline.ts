/** Pipelines of events to a collector by OTLP, compared with each other. */
import type { Column } from '../src/events/column.js';
import type { OtlpMapping } from '../src/otlp/mapping.js';
import { otlpSettings } from '../src/otlp/settings/settings.js';
import type { Records } from './records.js';

/** The event of opensnoop: the same as in tools/opensnoop.ts, which bench runs only as a program. */
export const EVENT = 'open';
export const MAPPING: OtlpMapping = { event: 'file.open', attributes: { path: 'file.path' } };

/** Name and version of its scope. */
export const SCOPE = { name: 'snoopkit.opensnoop', version: '0' };

export const sentColumns = ({ schema }: Records): Column[] =>
  schema.columns.filter(({ name, repeats }) => !repeats && !name.startsWith('full_path'));

/** Settings of a run that was given only an endpoint: the same queue and batches for all. */
export const settingsFor = (endpoint: string) => otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, {});

/** Number of records in flight. */
export class Gauge {
  waiting = 0;
  #most = 0;
  #tell = () => {};

  add(count: number): void {
    this.waiting += count;
  }

  arrived(count: number): void {
    this.waiting -= count;
    if (this.waiting <= this.#most) this.#tell();
  }

  /** Resolves when at most `count` records are in flight. */
  atMost(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting <= count) resolve();
      this.#most = count;
      this.#tell = resolve;
    });
  }
}

export interface Pipeline {
  readonly gauge: Gauge;
  /** Takes a batch, as it comes from the ring: the synchronous part. The rest happens later. */
  write(records: Records): void;
  /** Sends the remaining records. */
  close(): Promise<void>;
}

export interface PipelineOptions {
  /** `http://HOST:PORT` */
  readonly endpoint: string;
  readonly columns: readonly Column[];
  /** Nanoseconds since 1970, read once per batch. */
  readonly now: () => bigint;
}
