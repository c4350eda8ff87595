/** Ways of events to a collector by OTLP, which are compared with each other. */
import type { Column } from '../src/events/column.js';
import type { OtlpMapping } from '../src/otlp/mapping.js';
import { otlpSettings } from '../src/otlp/settings/settings.js';
import type { Records } from './records.js';

/** What opensnoop sends: tools/opensnoop.ts, which bench only runs as a program, says the same. */
export const EVENT = 'open';
export const MAPPING: OtlpMapping = { event: 'file.open', attributes: { path: 'file.path' } };

/** A name for it, and the version of its scope. */
export const SCOPE = { name: 'snoopkit.opensnoop', version: '0' };

export const sentColumns = ({ schema }: Records): Column[] =>
  schema.columns.filter(({ name, repeats }) => !repeats && !name.startsWith('full_path'));

/** Those of a run that was told nothing but where to send to: the same queue and batches for all. */
export const settingsFor = (endpoint: string) => otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, {});

/** How many records are on their way. */
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

  /** Resolves when no more than so many are on their way. */
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
  /** Takes a batch, as it comes from the ring: all that it does at once. The rest happens later. */
  write(records: Records): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

export interface PipelineOptions {
  /** `http://HOST:PORT` */
  readonly endpoint: string;
  readonly columns: readonly Column[];
  /** Nanoseconds since 1970: asked once for each batch. */
  readonly now: () => bigint;
}
