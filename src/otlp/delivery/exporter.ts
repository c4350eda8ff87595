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

/** The queue is this full: what waits goes to disk before some of it is lost. */
const NEARLY_FULL = 0.75;

/** How long writing to the spool may take after the deadline of `close()`. */
const SPOOL_GRACE_MS = 5000;

/**
 * Gets the records of one signal to a collector: in batches, in order, each again until it is taken, for as long as the
 * timeout lets it. What becomes of them, it keeps account of.
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
  /** Even a few records go out now: the delay is over, or somebody asked for it. */
  #isLate = false;
  /** With so much in the queue there may be something to do. */
  #wakeCount: number;
  #wakeBytes: number;
  #awaited: { isReached: () => boolean; resolve: () => void }[] = [];
  /** Of close(). */
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

  /** The losses that grew since the last call. */
  takeLosses(): ExportLoss[] {
    return this.#ledger.takeLosses();
  }

  /** Queues a copy of a record, which is given as it stands in its scope's message: tag, length, bytes; with its resource, where that is not the one of all. */
  add(bytes: Uint8Array, start: number, end: number, resource?: RecordResource): void {
    const queue = this.#queue;
    this.#ledger.seen++;
    if (end - start + (resource?.bytes.length ?? 0) > this.#largest) this.#drop('too_large', 1);
    else if (this.#closing !== undefined) this.#drop('shutdown', 1);
    else if (!queue.add(bytes, start, end, resource)) this.#drop('queue_full', 1);
    else if (queue.count >= this.#wakeCount || queue.bytes >= this.#wakeBytes) this.#step();
    else if (queue.count === 1) this.#startDelay();
  }

  /** Resolves when nothing waits in memory any more: it is delivered, given up, or on disk. */
  flush(): Promise<void> {
    this.#isLate = this.#queue.count > 0;
    return this.#until(() => this.#waiting === 0);
  }

  /** Sends what waits for so many milliseconds at the most. What is left then stays in the spool, or is given up. */
  close(deadline: number): Promise<void> {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  /** Leaves close() so many milliseconds at the most. What waits to be tried again is, at once. */
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

  /** Drops all that is in memory. */
  #giveUp(): void {
    const left = this.#waiting;
    if (left > 0) this.#drop('shutdown', left);
    clearTimeout(this.#delayTimer);
    // What the disk takes so late is not to be there.
    for (const batch of this.#sender.batches.splice(0)) batch.isSettled = true;
    this.#overflow?.giveUp();
    this.#queue.clear();
  }

  /** Records in memory that are nowhere else. */
  get #waiting(): number {
    let count = this.#queue.count + (this.#overflow?.stranded?.records ?? 0);
    for (const { place, records } of this.#sender.batches) if (place === undefined) count += records;
    return count;
  }

  get #isDone(): boolean {
    return this.#waiting === 0 && this.#sender.batches.length === 0 && !this.#overflow?.hasMore;
  }

  /** Whether nothing will be delivered before the end, or need not be, since it is on disk. */
  get #isHopeless(): boolean {
    const { isSending, isFailing, nextTry } = this.#sender;
    return isFailing && !isSending && (nextTry > this.#end.at || this.#waiting === 0);
  }

  get #isDue(): boolean {
    const { count, bytes } = this.#queue;
    return count > 0 && (this.#isLate || count >= this.#batch.maxBatch || bytes >= this.#batchBytes);
  }

  /** Does all that can be done at this moment. */
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

  /** What is to be sent now: from disk first, for that is older. */
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

  /** Takes what waits to disk, where it is time for that. */
  #store(): void {
    const overflow = this.#overflow;
    if (overflow === undefined || overflow.isWriting || !overflow.hasRoom || !this.#isAway) return;
    // What is newer must not be on disk yet.
    const batches = this.#isClosed || !overflow.hasMore ? this.#sender.batches : [];
    const isUnsafe = (batch: Batch) => batch.place === undefined && overflow.canStore(batch);
    const older = batches.filter(isUnsafe);
    if (older.length === 0 && !overflow.stranded && !this.#isDue) return;
    void overflow.write(older, () => (this.#isAway ? this.#take() : undefined));
  }

  /** Whether the collector is away or too slow: what comes goes to disk, behind what is there. */
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
      () => `${this.#noun} are lost: ${DROP_REASONS[reason]} (${this.#ledger.lost[reason]} so far)`,
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
