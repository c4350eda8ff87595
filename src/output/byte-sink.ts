import { setTimeout as sleep } from 'node:timers/promises';
import { aborted } from '../aborted.js';
import { SnoopkitError } from '../errors.js';
import type { EventRecord } from '../events/column.js';
import { BUSY_SIZE, OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { Destination } from './destination.js';
import type { Format, Loss, Report } from './format.js';
import { BaseSink, type RunStart, type SinkHost } from './sink.js';

/** Number of buffers to reuse: as many as may be queued at the destination. */
const SPARES = 16;
/** A buffer filled to this size is sent: the rest leaves room for the next event. */
const ENOUGH = BUSY_SIZE - (32 << 10);
/** Time limit for the last output after the user has asked to stop. */
const FLUSH_MS = 5000;

/** Code of the error for a reader that has stalled. */
export const STALLED = 'STALLED';

export interface ByteSinkOptions {
  readonly format: Format;
  /** Opens the destination; undefined if the signal aborts meanwhile. */
  readonly open: (signal: AbortSignal) => Promise<Destination | undefined>;
  /** Whether the other end of a pipe is closed: called a few times a second. */
  readonly isReaderGone?: (fd: number) => boolean;
}

/** Writes records in a format to standard output or a file. */
export class ByteSink extends BaseSink {
  readonly #options: ByteSinkOptions;
  readonly #format: Format;
  readonly #out = new OutputBuffer();
  readonly #spares: Buffer[] = [];
  #host: SinkHost | undefined;
  #destination: Destination | undefined;
  #run: RunStart | undefined;
  /** Position of the last event in the buffer. */
  #start = 0;

  constructor(options: ByteSinkOptions) {
    super();
    this.#options = options;
    this.#format = options.format;
  }

  override async open(signal: AbortSignal, host: SinkHost): Promise<boolean> {
    const destination = await this.#options.open(signal);
    if (!destination) return false;
    this.#host = host;
    this.#destination = destination;
    destination.onEnd = () => host.end();
    destination.onTrouble = (error) => host.error(error);
    // Reused memory causes no page faults and no garbage collection.
    destination.onWritten = ({ buffer }) => {
      if (this.#spares.length < SPARES && buffer.byteLength === BUSY_SIZE) this.#spares.push(Buffer.from(buffer));
    };
    return true;
  }

  /** Continues in a new file of the same name, if it is a file. */
  reopen(): boolean {
    if (this.#run) this.#destination?.reopen();
    return this.#destination?.canReopen ?? false;
  }

  override start(run: RunStart): void {
    this.#run = run;
    if (this.#destination?.isOpen === false) this.#host?.end();
  }

  override begin(): void {
    this.#format.begin(this.#out);
    const header = Buffer.from(this.#out.take());
    this.#destination?.begin(header);
    const { opening } = this.#run ?? {};
    if (!opening || header.length > 0) return;
    // A format without a header has a place for it.
    this.#format.begin(this.#out, opening);
    this.flush();
  }

  override event(record: EventRecord): void {
    const out = this.#out;
    this.#start = out.length;
    this.#format.event(record, out);
    if (out.length >= ENOUGH) this.flush();
  }

  override undo(): void {
    this.#out.length = this.#start;
  }

  override tally(rows: Rows): void {
    this.#format.tally?.(rows);
  }

  override report(report: Report): void {
    if (this.#format.report) this.#format.report(report, this.#out);
    else super.report(report);
  }

  override lost(loss: Loss): void {
    this.#format.lost(loss, this.#out);
  }

  override flush(): void {
    this.#start = 0;
    if (this.#out.length > 0) this.#destination?.write(this.#out.take(this.#spares.pop()));
  }

  override end(): void {
    this.#format.end?.(this.#out);
    this.flush();
  }

  override tick(): void {
    const { isReaderGone } = this.#options;
    if (this.#destination && isReaderGone?.(this.#destination.fd)) this.#host?.end();
  }

  override get isFull(): boolean {
    return this.#destination?.isFull ?? false;
  }

  override async drained(): Promise<void> {
    await this.#destination?.drained();
  }

  /** Waits as long as the reader takes (say, a pager), but not long after the user asks to stop. */
  override async close(interrupt: AbortSignal): Promise<void> {
    const destination = this.#destination;
    if (!destination) return;
    const giveUp = aborted(interrupt).then(() => sleep(FLUSH_MS, true, { ref: false }));
    const isLate = await Promise.race([destination.close().then(() => false), giveUp]);
    if (destination.error) throw destination.error;
    if (isLate)
      throw new SnoopkitError(
        STALLED,
        `the reader of the output has stalled: ${destination.waiting} bytes were dropped`,
      );
  }

  override async abandon(): Promise<void> {
    this.#destination?.abandon();
  }
}
