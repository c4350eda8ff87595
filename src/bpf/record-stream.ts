import { setImmediate } from 'node:timers/promises';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { checkBuffer, isSignal, mistake } from '../mistake.js';
import type { NativeRing } from '../native/rings.js';
import { checkFunction, checkInteger, checkNumber, checkOptions } from './arguments.js';
import { BpfError, ClosedError, check } from './errors.js';
import type { AnyMap } from './map.js';

/** Bits of a record's length (include/uapi/linux/bpf.h). */
const DISCARDED = 1 << 30;
const HEADER = 8;
const { ENOSPC } = ERRNO;
const BATCH_SIZE = 256 << 10;
const LARGEST_BATCH = 1 << 30;
/** The longest delay of a timer. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;
const LARGEST_OFFSET = 2 ** 31 - 8;

/** Options of readers of ring buffers and perf event arrays. */
export interface RecordOptions {
  /**
   * Milliseconds between the kernel's signal and reading (default: 10, and less for a ring that is full sooner). The kernel
   * signals only a reader of a ring that has read everything, so this bounds the number of wake-ups, each of which costs the
   * traced program more than its event does.
   */
  delay?: number;
  /** Bytes of the memory that records are copied to (default: 256 KiB). It grows for a record that is larger. */
  batchSize?: number;
  /**
   * Offset in a record, a multiple of 8, of an unsigned 64-bit integer by which each batch is sorted, such as its time: CPUs
   * reserve space in the ring in a different order than they read the clock (default: the order of the ring).
   */
  orderBy?: number;
}

export const RECORD_OPTIONS = ['delay', 'batchSize', 'orderBy'] as const satisfies readonly (keyof RecordOptions)[];

/** Instead of the memory of a reader that is closed. */
const NO_ARENA = Buffer.alloc(0);

/** Records in the order of the ring. */
const UNSORTED = -1;

const cutOff = (at: number) => new UsageError(`the record at byte ${at} of the batch is cut off`);

/** Records moved out of a ring in one call. The memory is reused by the next batch. */
export class RecordBatch {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    checkBuffer('bytes', bytes);
    this.bytes = bytes;
  }

  /**
   * Calls back for each record, in order, with the offset and length of its payload in `bytes`. Returns their number.
   * Throws UsageError if a record is cut off, which does not happen to those of a ring.
   */
  forEach(receive: (offset: number, length: number) => void): number {
    checkFunction('callback', receive);
    let count = 0;
    const { length: end } = this.bytes;
    for (let at = 0; at < end; ) {
      if (at + HEADER > end) throw cutOff(at);
      const header = this.bytes.readUInt32LE(at);
      const length = header & (DISCARDED - 1);
      if (at + HEADER + length > end) throw cutOff(at);
      if ((header & DISCARDED) === 0) {
        receive(at + HEADER, length);
        count++;
      }
      at += HEADER + ((length + 7) & ~7);
    }
    return count;
  }
}

/** Checked options of a reader. */
export interface Opening {
  readonly delay: number;
  /** Memory of a batch. */
  readonly arena: Buffer;
  /** For the addon: negative for records that are not sorted. */
  readonly order: number;
  /** Milliseconds between looks at memory of which the kernel does not always tell; undefined if it does. */
  readonly interval?: number;
}

/** Checks the options of a reader, and that the map has no other. `usual` is the delay by default. */
export function openingOf(map: AnyMap, options: RecordOptions, usual: number): Opening {
  checkOptions(options, RECORD_OPTIONS);
  const { delay = usual, batchSize = BATCH_SIZE, orderBy } = options;
  checkNumber('delay', delay, 0, LONGEST_DELAY_MS);
  checkInteger('batchSize', batchSize, 1, LARGEST_BATCH);
  if (orderBy !== undefined) checkInteger('orderBy', orderBy, 0, LARGEST_OFFSET);
  if (orderBy !== undefined && orderBy % 8 !== 0) throw new UsageError(`orderBy ${orderBy}: expected a multiple of 8`);
  if (map.hasReader) throw new UsageError(`the map ${map.name} has a reader: close it first`);
  // Before anything is opened, because there may be no such memory.
  return { delay, arena: Buffer.allocUnsafeSlow(batchSize), order: orderBy ?? UNSORTED };
}

/**
 * Records that programs send, as they come. A map has one reader. A reader that is in use keeps the map's object, and so
 * its links, from being collected. When the object is closed, `batches()` and `records()` give what is pending, and
 * end; the reader keeps a descriptor until `close()`.
 */
export abstract class RecordStream {
  readonly #native: NativeRing;
  /** Refers to all of the object. */
  readonly #map: AnyMap;
  readonly #delay: number;
  readonly #interval: number | undefined;
  #arena: Buffer;
  /** Copies of records that a loop over `records()` was left with, the next one last. */
  #unread: Buffer[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  /** Whether programs can still write: the object is not closed. */
  #isFed = true;
  readonly #leave: () => void;

  /** @internal */
  protected constructor(native: NativeRing, map: AnyMap, { delay, arena, interval }: Opening) {
    this.#native = native;
    this.#map = map;
    this.#delay = delay;
    this.#interval = interval;
    this.#arena = arena;
    this.#leave = map.enter(this, () => {
      this.#isFed = false;
      this.#wake?.();
    });
  }

  /** Pending records, in batches, until the ring is empty or closed. May not end if programs write faster than this reads. */
  *drain(): Generator<RecordBatch, void> {
    for (;;) {
      const moved = this.#isClosed ? 0 : this.#native.consume(this.#arena);
      if (moved === -ENOSPC) {
        this.#arena = Buffer.allocUnsafeSlow(this.#arena.length * 2);
        continue;
      }
      if (moved < 0) throw new BpfError(`cannot read the map ${this.#map.name}`, -moved);
      if (moved === 0) return;
      yield new RecordBatch(this.#arena.subarray(0, moved));
    }
  }

  /** Resolves `delay` after there is something to read, or when `wake()` is called. */
  async #readable(): Promise<void> {
    if (this.#wake) throw new UsageError(`the map ${this.#map.name} is read by another loop, which waits for records`);
    let timer: NodeJS.Timeout | undefined;
    let looks: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      const gather = () => {
        timer = setTimeout(resolve, this.#delay);
      };
      const waiting = this.#native.wait(gather);
      if (check(waiting, `cannot wait for the map ${this.#map.name}`) > 0) gather();
      if (this.#interval !== undefined)
        looks = setInterval(() => {
          if (this.#native.pending() > 0) resolve();
        }, this.#interval);
    });
    clearTimeout(timer);
    clearInterval(looks);
    this.#native.cancel();
    this.#wake = undefined;
  }

  /**
   * Batches as they come, until `signal` is aborted or the ring or its object is closed. The event loop runs between two batches. A
   * reader that is faster than the programs waits for some records to gather, because a small batch costs hardly less than
   * a large one. Records that are pending at the end are left to `drain()`. Throws UsageError if another loop waits for
   * records of this map.
   */
  async *batches(signal?: AbortSignal): AsyncGenerator<RecordBatch, void> {
    if (signal !== undefined && !isSignal(signal)) throw mistake('signal', signal, 'an AbortSignal');
    const wake = () => this.#wake?.();
    signal?.addEventListener('abort', wake);
    try {
      while (!this.#isClosed && !signal?.aborted) {
        const isLast = !this.#isFed;
        for (const batch of this.drain()) {
          const isAll = batch.bytes.length < this.#arena.length / 2;
          yield batch;
          if (!isAll) await setImmediate();
          if (this.#isClosed || signal?.aborted) return;
          if (isAll) break;
        }
        if (isLast) return;
        if (this.#isFed) await this.#readable();
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  /**
   * A copy of each record's payload, as they come: for streams that are not busy. A loop that is left, or ended by the
   * signal, may be followed by another, which goes on where it was left.
   */
  async *records(signal?: AbortSignal): AsyncGenerator<Buffer, void> {
    yield* this.#takeUnread(signal);
    for await (const batch of this.batches(signal)) {
      const records: Buffer[] = [];
      batch.forEach((offset, length) => {
        records.push(Buffer.from(batch.bytes.subarray(offset, offset + length)));
      });
      this.#unread = records.reverse();
      yield* this.#takeUnread(signal);
    }
  }

  *#takeUnread(signal?: AbortSignal): Generator<Buffer, void> {
    // There may be thousands, and whoever takes them may be slow.
    while (!signal?.aborted) {
      const record = this.#unread.pop();
      if (record === undefined) return;
      yield record;
    }
  }

  /** Bytes to be read, headers of 8 bytes per record included. Throws ClosedError. */
  get pending(): number {
    if (this.#isClosed) throw new ClosedError(`the reader of the map ${this.#map.name} is closed`);
    return this.#native.pending();
  }

  /** @internal */
  protected lostRecords(): number {
    if (this.#isClosed) throw new ClosedError(`the reader of the map ${this.#map.name} is closed`);
    return check(this.#native.lost(), `cannot read the map ${this.#map.name}`);
  }

  /** Ends the iterators and unmaps the memory. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    this.#leave();
    this.#native.close();
    // The reader itself may stay: V8 keeps the target of a new WeakRef until the event loop turns.
    this.#arena = NO_ARENA;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
