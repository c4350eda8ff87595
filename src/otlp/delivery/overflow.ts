import type { Spool } from '../spool/spool.js';
import type { Ledger } from './account.js';
import { type Batch, makeBatch } from './batch.js';

/** Moves batches to disk while the collector is unavailable, and reads them back in order. */
export class Overflow {
  readonly #spool: Spool;
  readonly #ledger: Ledger;
  readonly #changed: () => void;
  #isReading = false;
  /** Read, but not sent yet. */
  #next: Batch | undefined;
  /** A batch that the disk refused. It waits in memory and is older than the whole queue. */
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

  /** Whether the disk has batches older than those in memory. */
  get hasMore(): boolean {
    return this.#next !== undefined || this.#isReading || this.#spool.hasUnread;
  }

  get isBusy(): boolean {
    return this.isWriting || this.#isReading;
  }

  canStore(batch: Batch): boolean {
    return this.#spool.hasRoom(batch.request.length);
  }

  /** Whether the disk can probably take another batch. */
  get hasRoom(): boolean {
    return this.stranded === undefined ? this.#spool.hasRoom(0) : this.canStore(this.stranded);
  }

  /** Writes the batches in flight, then those of `take`, until that returns undefined or the disk takes no more. */
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

  /** The oldest batch on disk; undefined if there is none, or if it must be read first. */
  next(): Batch | undefined {
    const batch = this.#next;
    this.#next = undefined;
    if (batch === undefined && !this.#isReading && this.#spool.hasUnread) void this.#read();
    return batch;
  }

  /** Removes a batch from the disk. */
  release({ place, records }: Batch): void {
    if (place === undefined) return;
    this.#ledger.spooled -= records;
    void this.#spool.done(place);
  }

  /** Drops batches that are only in memory. */
  giveUp(): void {
    if (this.stranded !== undefined) this.stranded.isSettled = true;
    this.stranded = undefined;
  }

  /** Leaves batches on disk. */
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
    // Delivered in the meantime.
    if (batch.isSettled) await this.#spool.done(place);
    else {
      batch.place = place;
      this.#ledger.spooled += batch.records;
    }
    return true;
  }
}
