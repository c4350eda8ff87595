import { type BatchOptions, NOUNS, type RecordResource, type Transport } from '../types.js';
import { type Account, DROP_REASONS, type DropReason, type ExportLoss, Ledger } from './account.js';
import { quietTimer, within } from './attempt.js';
import { type Batch, makeBatch } from './batch.js';
import { Deadline } from './deadline.js';
import type { Envelope } from './envelope.js';
import { BATCH_BYTES, type ExporterOptions, LONGEST_WAIT, MAX_REQUEST, QUEUE_BYTES } from './exporter-options.js';
import { Overflow } from './overflow.js';
import { RecordQueue } from './queue.js';
import { Sender } from './sender.js';
import { Troubles } from './troubles.js';

/** Fullness of the queue at which it is written to disk, before records are dropped. */
const NEARLY_FULL = 0.75;

/** Time for writing to the spool after the deadline of `close()`, in milliseconds. */
const SPOOL_GRACE_MS = 5000;

/**
 * Delivers the records of one signal to a collector, in batches and in order. Batches are retried until they are
 * accepted or their timeout ends. Keeps account of all records.
 */
export class Exporter {
  readonly #noun: string;
  readonly #batch: BatchOptions;
  readonly #envelope: Envelope;
  readonly #transport: Transport;
  readonly #largest: number;
  readonly #batchBytes: number;
  readonly #queue: RecordQueue;
  readonly #ledger = new Ledger();
  readonly #troubles: Troubles;
  readonly #sender: Sender;
  readonly #overflow: Overflow | undefined;
  #delayTimer: NodeJS.Timeout | undefined;
  /** Whether to send even a few records: the delay has ended, or a flush was requested. */
  #isLate = false;
  /** Fill levels of the queue at which #step() runs. */
  #wakeCount: number;
  #wakeBytes: number;
  #awaited: { isReached: () => boolean; resolve: () => void }[] = [];
  /** Deadline of close(). */
  readonly #end = new Deadline();
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(options: ExporterOptions) {
    const { signal, batch, envelope, transport, timeout, spool, parallel = 1, random = Math.random } = options;
    const { longestWait = LONGEST_WAIT, onTrouble = () => undefined, onExport = () => undefined } = options;
    this.#noun = NOUNS[signal];
    this.#batch = { ...batch, maxBatch: Math.min(batch.maxBatch, batch.maxQueue) };
    this.#envelope = envelope;
    this.#transport = transport;
    this.#largest = (options.maxRequest ?? MAX_REQUEST) - envelope.overhead;
    this.#batchBytes = Math.min(options.batchBytes ?? BATCH_BYTES, this.#largest);
    this.#queue = new RecordQueue(batch.maxQueue, options.queueBytes ?? QUEUE_BYTES);
    this.#wakeCount = this.#batch.maxBatch;
    this.#wakeBytes = this.#batchBytes;
    this.#troubles = new Troubles(onTrouble, options.causes);
    const changed = () => this.#step();
    this.#overflow = spool && new Overflow(spool, this.#ledger, changed);
    this.#sender = new Sender(
      { transport, timeout, longestWait, parallel, random, noun: this.#noun, onExport },
      this.#ledger,
      this.#troubles,
      {
        changed,
        canStore: (one) => this.#overflow?.canStore(one) ?? false,
        setAside: ({ records, request }) => this.#queue.setAside(records, request.length),
        settled: (one) => {
          if (one.isAside) this.#queue.setAside(-one.records, -one.request.length);
          this.#overflow?.release(one);
        },
      },
    );
    this.#step();
  }

  get account(): Account {
    return this.#ledger.account(this.#waiting);
  }

  /** Losses that grew since the last call. */
  takeLosses(): ExportLoss[] {
    return this.#ledger.takeLosses();
  }

  /**
   * Queues a copy of a record: tag, length, bytes, as a field of its scope's message. `resource` replaces the common
   * one.
   */
  add(bytes: Uint8Array, start: number, end: number, resource?: RecordResource): void {
    const queue = this.#queue;
    this.#ledger.seen++;
    if (end - start + (resource?.bytes.length ?? 0) > this.#largest) this.#drop('too_large', 1);
    else if (this.#closing !== undefined) this.#drop('shutdown', 1);
    else if (!queue.add(bytes, start, end, resource)) this.#drop('queue_full', 1);
    else if (queue.count >= this.#wakeCount || queue.bytes >= this.#wakeBytes) this.#step();
    else if (queue.count === 1) this.#startDelay();
  }

  /** Resolves once no record waits in memory: each is delivered, dropped or on disk. */
  flush(): Promise<void> {
    this.#isLate = this.#queue.count > 0;
    return this.#until(() => this.#waiting === 0);
  }

  /** Sends queued records for at most `deadline` milliseconds. The rest stays in the spool or is dropped. */
  close(deadline: number): Promise<void> {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  /** Limits close() to `ms` milliseconds. Waiting retries start at once. */
  hurry(ms: number): void {
    if (this.#closing === undefined || this.#isClosed) return;
    this.#end.within(ms);
    this.#sender.hurry(this.#end.at);
    this.#step();
  }

  async #close(deadline: number): Promise<void> {
    const overflow = this.#overflow;
    this.#end.within(deadline);
    this.#isLate = true;
    this.#sender.hurry(this.#end.at);
    const over = this.#until(() => this.#isDone || this.#isHopeless);
    await Promise.race([over, this.#end.passed]);
    this.#end.clear();
    this.#isClosed = true;
    this.#sender.close();
    await this.#until(() => !this.#sender.isSending);
    if (overflow) {
      const stored = this.#until(() => !overflow.isBusy).then(() => overflow.close());
      await within(SPOOL_GRACE_MS, stored);
    }
    this.#giveUp();
    this.#transport.close();
  }

  /** Drops all records in memory. */
  #giveUp(): void {
    const left = this.#waiting;
    if (left > 0) this.#drop('shutdown', left);
    clearTimeout(this.#delayTimer);
    // A batch written to disk this late must not be found there later.
    for (const batch of this.#sender.batches.splice(0)) batch.isSettled = true;
    this.#overflow?.giveUp();
    this.#queue.clear();
  }

  /** Number of records that are only in memory. */
  get #waiting(): number {
    let count = this.#queue.count + (this.#overflow?.stranded?.records ?? 0);
    for (const { place, records } of this.#sender.batches) if (place === undefined) count += records;
    return count;
  }

  get #isDone(): boolean {
    return this.#waiting === 0 && this.#sender.batches.length === 0 && !this.#overflow?.hasMore;
  }

  /** Whether waiting for the end is pointless: nothing can be delivered before it, or all is on disk. */
  get #isHopeless(): boolean {
    const { isSending, isFailing, nextTry } = this.#sender;
    return isFailing && !isSending && (nextTry > this.#end.at || this.#waiting === 0);
  }

  get #isDue(): boolean {
    const { count, bytes } = this.#queue;
    return count > 0 && (this.#isLate || count >= this.#batch.maxBatch || bytes >= this.#batchBytes);
  }

  /** Does everything that can be done now. */
  #step(): void {
    this.#store();
    this.#sender.retry();
    while (this.#sender.isFree) {
      const batch = this.#next();
      if (batch === undefined) break;
      this.#sender.send(batch);
    }
    const { count, bytes } = this.#queue;
    if (count > 0) this.#startDelay();
    const { maxBatch, maxQueue } = this.#batch;
    const marks = [maxBatch, Math.ceil(maxQueue * NEARLY_FULL), count + maxBatch];
    this.#wakeCount = Math.min(...marks.filter((mark) => mark > count));
    this.#wakeBytes = bytes < this.#batchBytes ? this.#batchBytes : bytes + this.#batchBytes;
    this.#awaited = this.#awaited.filter(({ isReached, resolve }) => {
      const isOver = isReached();
      if (isOver) resolve();
      return !isOver;
    });
  }

  /** The next batch to send. Batches on disk are older and come first. */
  #next(): Batch | undefined {
    const overflow = this.#overflow;
    if (overflow?.hasMore) return overflow.next();
    if (overflow?.isWriting) return undefined;
    const stranded = overflow?.stranded;
    if (overflow && stranded) {
      overflow.stranded = undefined;
      return stranded;
    }
    return this.#take();
  }

  #take(): Batch | undefined {
    if (!this.#isDue) return undefined;
    const taken = this.#queue.take(this.#batch.maxBatch, this.#batchBytes, (one) => this.#envelope.costOf(one));
    if (this.#queue.count === 0) {
      this.#isLate = this.#closing !== undefined;
      clearTimeout(this.#delayTimer);
      this.#delayTimer = undefined;
    }
    return taken && makeBatch(this.#envelope.wrap(taken.slices), taken.records);
  }

  /** Writes waiting records to disk, if it is time. */
  #store(): void {
    const overflow = this.#overflow;
    if (overflow === undefined || overflow.isWriting || !overflow.hasRoom || !this.#isAway) return;
    // Newer records must not be written before older ones.
    const batches = this.#isClosed || !overflow.hasMore ? this.#sender.batches : [];
    const isUnsafe = (batch: Batch) => batch.place === undefined && overflow.canStore(batch);
    const older = batches.filter(isUnsafe);
    if (older.length === 0 && !overflow.stranded && !this.#isDue) return;
    void overflow.write(older, () => (this.#isAway ? this.#take() : undefined));
  }

  /** Whether the collector is unreachable or too slow. New records are then appended to the spool. */
  get #isAway(): boolean {
    return (
      this.#isClosed ||
      this.#sender.isFailing ||
      this.#overflow?.hasMore === true ||
      this.#queue.fullness >= NEARLY_FULL
    );
  }

  #drop(reason: DropReason, records: number): void {
    this.#ledger.lost[reason] += records;
    this.#troubles.note(
      reason,
      () => `${this.#noun} dropped: ${DROP_REASONS[reason]} (${this.#ledger.lost[reason]} so far)`,
    );
  }

  #startDelay(): void {
    if (this.#isLate || this.#delayTimer !== undefined) return;
    this.#delayTimer = quietTimer(() => {
      this.#delayTimer = undefined;
      this.#isLate = true;
      this.#step();
    }, this.#batch.delay);
  }

  #until(isReached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited.push({ isReached, resolve });
      this.#step();
    });
  }
}
