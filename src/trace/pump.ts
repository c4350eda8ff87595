import { EventRecord } from '../events/column.js';
import { readEvent } from '../events/reader.js';
import type { Rows } from '../events/rows.js';
import type { EventSchema } from '../events/schema.js';
import type { Loss, Report } from '../output/format.js';
import type { Sink } from '../output/sink.js';
import type { ReportOutput, SourceBatch } from './source.js';

/** Records with the same schema, and where they go. */
interface Channel {
  readonly schema: EventSchema;
  readonly sinks: readonly Sink[];
}

export interface PumpOptions {
  readonly schemas: readonly EventSchema[];
  /** The sinks for each schema. */
  readonly sinks: readonly (readonly Sink[])[];
  /** Events, or reports. */
  readonly most: number;
  /** Called before a batch or a report is written, right after it was read from the kernel. */
  readonly refresh: () => void;
}

/** Carries events from batches to the sinks. */
export class EventPump implements ReportOutput {
  readonly #channels: readonly Channel[];
  /** Sinks of all channels. */
  readonly #sinks: readonly Sink[];
  readonly #most: number;
  readonly #refresh: () => void;
  readonly #record = new EventRecord();
  #hasBegun = false;
  /** Number of events or reports written. */
  events = 0;

  constructor({ schemas, sinks, most, refresh }: PumpOptions) {
    this.#channels = schemas.map((schema, index) => ({ schema, sinks: sinks[index] ?? [] }));
    this.#sinks = [...new Set(sinks.flat())];
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
  write({ schema, records }: SourceBatch, onUnreadable: () => void): void {
    const channel = this.#channels[schema];
    if (!channel) throw new RangeError(`no schema ${schema}`);
    this.begin();
    this.#refresh();
    this.#record.setBytes(records.bytes);
    records.forEach((offset, length) => {
      if (this.isDone) return;
      if (this.#writeOne(channel, offset, length)) this.events++;
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

  #writeOne({ schema, sinks }: Channel, offset: number, length: number): boolean {
    if (length < schema.size) return false;
    this.#record.offset = offset;
    this.#record.length = length;
    let asked = 0;
    try {
      for (const sink of sinks) {
        asked++;
        sink.event(this.#record);
      }
      return true;
    } catch (error) {
      if (!(error instanceof RangeError) || this.#isReadable(schema)) throw error;
      for (const sink of sinks.slice(0, asked)) sink.undo();
      return false;
    }
  }

  /** Whether the record is sound, so that an error of a sink is the sink's own. */
  #isReadable({ columns }: EventSchema): boolean {
    try {
      readEvent(this.#record, columns);
      return true;
    } catch {
      return false;
    }
  }

  /** Writes losses to the stream. */
  lost(losses: readonly Loss[]): void {
    for (const loss of losses) for (const sink of this.#sinks) sink.lost(loss);
    this.#flush();
  }

  #flush(): void {
    for (const sink of this.#sinks) sink.flush();
  }
}
