import type { Spool } from '../spool/spool.js';
import type { Ledger } from './account.js';
import { type Batch, makeBatch } from './batch.js';

/** Takes batches to disk while the collector is away, and brings them back in order. */
export class Overflow {
  readonly #spool: Spool;
  readonly #ledger: Ledger;
  readonly #changed: () => void;
  #isReading = false;
  /** Read, and not yet sent. */
  #next: Batch | undefined;
  /** The disk did not take it: it waits in memory, older than all that is in the queue. */
  stranded: Batch | undefined;
  isWriting = false;

  constructor(spool: Spool, ledger: Ledger, changed: () => void) {
    this.#spool = spool;
    this.#ledger = ledger;
    this.#changed = changed;
    ledger.adopted = spool.adopted;
    ledger.spooled = spool.adopted;
    spool.onUnreadable = (records) => {
      ledger.spooled -= records;
      ledger.lost.unreadable += records;
    };
  }

  /** Whether there is something on disk that comes before what is in memory. */
  get hasMore(): boolean {
    return this.#next !== undefined || this.#isReading || this.#spool.hasUnread;
  }

  get isBusy(): boolean {
    return this.isWriting || this.#isReading;
  }

  canStore(batch: Batch): boolean {
    return this.#spool.hasRoom(batch.request.length);
  }

  /** Whether the disk would take a batch, for all that is known. */
  get hasRoom(): boolean {
    return this.stranded === undefined ? this.#spool.hasRoom(0) : this.canStore(this.stranded);
  }

  /** Writes those that are under way, then what `take` gives until it gives nothing more, or the disk takes nothing more. */
  async write(underWay: readonly Batch[], take: () => Batch | undefined): Promise<void> {
    this.isWriting = true;
    for (const batch of underWay) {
      if (batch.place === undefined && !batch.isSettled) await this.#store(batch, true);
    }
    for (;;) {
      this.stranded ??= take();
      if (this.stranded === undefined || !(await this.#store(this.stranded, false))) break;
      this.stranded = undefined;
      this.#changed();
    }
    this.isWriting = false;
    this.#changed();
  }

  /** The oldest batch on disk; undefined when there is none, or it is still to be read. */
  next(): Batch | undefined {
    const batch = this.#next;
    this.#next = undefined;
    if (batch === undefined && !this.#isReading && this.#spool.hasUnread) void this.#read();
    return batch;
  }

  /** A batch needs no place on disk any more. */
  release({ place, records }: Batch): void {
    if (place === undefined) return;
    this.#ledger.spooled -= records;
    void this.#spool.done(place);
  }

  /** Drops what is in memory only. */
  giveUp(): void {
    if (this.stranded !== undefined) this.stranded.isSettled = true;
    this.stranded = undefined;
  }

  /** What is on disk stays there. */
  close(): Promise<void> {
    return this.#spool.close();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    const stored = await this.#spool.next();
    this.#isReading = false;
    if (stored !== undefined) this.#next = makeBatch(stored.request, stored.records, stored.place);
    this.#changed();
  }

  async #store(batch: Batch, isRead: boolean): Promise<boolean> {
    const place = await this.#spool.append(batch.request, batch.records, isRead);
    if (place === undefined) return false;
    // It has arrived meanwhile.
    if (batch.isSettled) await this.#spool.done(place);
    else {
      batch.place = place;
      this.#ledger.spooled += batch.records;
    }
    return true;
  }
}
