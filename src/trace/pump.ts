import type { RecordBatch } from '../bpf/ring-buffer.js';
import { EventRecord } from '../events/column.js';
import type { Rows } from '../events/rows.js';
import type { EventSchema } from '../events/schema.js';
import type { Loss, Report } from '../output/format.js';
import type { Sink } from '../output/sink.js';

export interface PumpOptions {
  readonly schema: EventSchema;
  readonly sinks: readonly Sink[];
  /** Events, or reports. */
  readonly most: number;
  /** Called before a batch or a report is written, right after it was read from the kernel. */
  readonly refresh: () => void;
}

/** Carries events from batches to the sinks. */
export class EventPump {
  readonly #schema: EventSchema;
  readonly #sinks: readonly Sink[];
  readonly #most: number;
  readonly #refresh: () => void;
  readonly #record = new EventRecord();
  #hasBegun = false;
  /** Number of events or reports written. */
  events = 0;

  constructor({ schema, sinks, most, refresh }: PumpOptions) {
    this.#schema = schema;
    this.#sinks = sinks;
    this.#most = most;
    this.#refresh = refresh;
  }

  /** Begins the output: once, no later than the first event. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const sink of this.#sinks) sink.begin();
  }

  /** Whether the requested number has been written. */
  get isDone(): boolean {
    return this.events >= this.#most;
  }

  /** Whether a sink should be waited for. */
  get isFull(): boolean {
    return this.#sinks.some(({ isFull }) => isFull);
  }

  /** Resolves when no sink has to be waited for. */
  async drained(): Promise<void> {
    await Promise.all(this.#sinks.filter(({ isFull }) => isFull).map((sink) => sink.drained()));
  }

  /** Writes a batch, and calls back for each record that can't be read. */
  write(batch: RecordBatch, onUnreadable: () => void): void {
    this.begin();
    this.#refresh();
    this.#record.setBytes(batch.bytes);
    batch.forEach((offset, length) => {
      if (this.isDone) return;
      if (this.#writeOne(offset, length)) this.events++;
      else onUnreadable();
    });
    this.#flush();
  }

  /** Passes on all rows, including those that a report leaves out. */
  tally(rows: Rows): void {
    this.#refresh();
    for (const sink of this.#sinks) sink.tally(rows);
  }

  /** Writes a report. */
  report(report: Report): void {
    this.begin();
    for (const sink of this.#sinks) sink.report(report);
    this.events++;
    this.#flush();
  }

  #writeOne(offset: number, length: number): boolean {
    if (length < this.#schema.size) return false;
    this.#record.offset = offset;
    this.#record.length = length;
    let asked = 0;
    try {
      for (const sink of this.#sinks) {
        asked++;
        sink.event(this.#record);
      }
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      for (const sink of this.#sinks.slice(0, asked)) sink.undo();
      return false;
    }
  }

  /** Writes losses to the stream. */
  lost(losses: readonly Loss[]): void {
    for (const loss of losses) for (const sink of this.#sinks) sink.lost(loss);
    this.#flush();
  }

  /** Ends the output. */
  end(): void {
    for (const sink of this.#sinks) sink.end();
  }

  #flush(): void {
    for (const sink of this.#sinks) sink.flush();
  }
}
