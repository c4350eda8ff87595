import type { RecordBatch } from '../bpf/ring-buffer.js';
import { EventRecord } from '../events/column.js';
import { BUSY_SIZE, OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { EventSchema } from '../events/schema.js';
import type { Destination } from '../output/destination.js';
import type { Format, Loss, Opening, Report } from '../output/format.js';

/** Number of buffers to reuse: as many as may be queued at the destination. */
const SPARES = 16;
/** A buffer filled to this size is sent: the rest leaves room for the next event. */
const ENOUGH = BUSY_SIZE - (32 << 10);

export interface PumpOptions {
  readonly schema: EventSchema;
  readonly format: Format;
  readonly destination: Destination;
  /** Events, or reports. */
  readonly most: number;
  readonly opening?: Opening | undefined;
  /** Called before a batch or a report is written, right after it was read from the kernel. */
  readonly refresh: () => void;
}

/** Carries events from batches to the destination. */
export class EventPump {
  readonly #schema: EventSchema;
  readonly #format: Format;
  readonly #destination: Destination;
  readonly #most: number;
  readonly #opening: Opening | undefined;
  readonly #refresh: () => void;
  readonly #record = new EventRecord();
  readonly #out = new OutputBuffer();
  readonly #spares: Buffer[] = [];
  #hasBegun = false;
  /** Number of events or reports written. */
  events = 0;

  constructor({ schema, format, destination, most, opening, refresh }: PumpOptions) {
    this.#schema = schema;
    this.#format = format;
    this.#destination = destination;
    this.#most = most;
    this.#opening = opening;
    this.#refresh = refresh;
    // Reused memory causes no page faults and no garbage collection.
    destination.onWritten = (bytes) => {
      const { buffer } = bytes;
      if (this.#spares.length < SPARES && buffer.byteLength === BUSY_SIZE) this.#spares.push(Buffer.from(buffer));
    };
  }

  /** Writes the header: once, no later than the first event. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#format.begin(this.#out);
    const header = Buffer.from(this.#out.take());
    this.#destination.begin(header);
    if (!this.#opening || header.length > 0) return;
    // A format without a header has a place for it.
    this.#format.begin(this.#out, this.#opening);
    this.#flush();
  }

  /** Whether the requested number has been written. */
  get isDone(): boolean {
    return this.events >= this.#most;
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
      if (this.#out.length >= ENOUGH) this.#flush();
    });
    this.#flush();
  }

  /** Passes on all rows, including those that a report leaves out. */
  tally(rows: Rows): void {
    this.#refresh();
    this.#format.tally?.(rows);
  }

  /** Writes a report. */
  report(report: Report): void {
    this.begin();
    if (this.#format.report) this.#format.report(report, this.#out);
    else {
      report.rows.forEach((record) => {
        this.#format.event(record, this.#out);
      });
    }
    this.events++;
    this.#flush();
  }

  #writeOne(offset: number, length: number): boolean {
    const start = this.#out.length;
    if (length < this.#schema.size) return false;
    this.#record.offset = offset;
    this.#record.length = length;
    try {
      this.#format.event(this.#record, this.#out);
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#out.length = start;
      return false;
    }
  }

  /** Writes losses to the stream. */
  lost(losses: readonly Loss[]): void {
    for (const loss of losses) this.#format.lost(loss, this.#out);
    this.#flush();
  }

  /** Writes the footer. */
  end(): void {
    this.#format.end?.(this.#out);
    this.#flush();
  }

  #flush(): void {
    if (this.#out.length > 0) this.#destination.write(this.#out.take(this.#spares.pop()));
  }
}
