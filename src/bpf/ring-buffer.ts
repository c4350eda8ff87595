import { setImmediate } from 'node:timers/promises';
import type { NativeRing } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { BpfError, check } from './errors.js';
import { type BpfMap, MAP_TYPE } from './map.js';

/** Bits of a record's length (include/uapi/linux/bpf.h). */
const DISCARDED = 1 << 30;
const HEADER = 8;
const ENOSPC = 28;
const BATCH_SIZE = 256 << 10;
const DELAY_MS = 10;
/** No machine fills a ring faster than this, so a reader that waits no longer than that finds room in it. */
const BYTES_PER_MS = 800 << 10;

export interface RingBufferOptions {
  /**
   * Milliseconds between the kernel's signal and reading; when left out 10, and less for a ring that is
   * full sooner. The kernel signals only to a reader that has read everything, so this bounds the number of
   * wake-ups, each of which costs the traced program more than its event does.
   */
  delay?: number;
  /** Bytes of the memory that records are copied to, 256 KiB when left out; it grows for a record that is larger. */
  batchSize?: number;
  /**
   * Where in a record, at a multiple of 8, an unsigned integer of 64 bits lies, such as its time, by which the records
   * of a batch are sorted: two CPUs may take their places in the ring in another order than they looked at the clock.
   * When left out records come in the order of the ring.
   */
  orderBy?: number;
}

/** Records come as they lie in the ring. */
const UNSORTED = -1;

/** Records moved out of a ring in one go. Its memory is valid until the next batch is asked for. */
export class RecordBatch {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Calls back for each record, in order, with the place of its payload in `bytes`. Returns how many there were. */
  forEach(receive: (offset: number, length: number) => void): number {
    let count = 0;
    for (let at = 0; at < this.bytes.length; ) {
      const header = this.bytes.readUInt32LE(at);
      const length = header & (DISCARDED - 1);
      if ((header & DISCARDED) === 0) {
        receive(at + HEADER, length);
        count++;
      }
      at += HEADER + ((length + 7) & ~7);
    }
    return count;
  }
}

/** The reading side of a BPF_MAP_TYPE_RINGBUF map (kernel 5.8). There is one reader for a map. */
export class RingBuffer {
  readonly #native: NativeRing;
  readonly #delay: number;
  #arena: Buffer;
  #wake: (() => void) | undefined;
  #isClosed = false;

  private constructor(native: NativeRing, delay: number, batchSize: number) {
    this.#native = native;
    this.#delay = delay;
    this.#arena = Buffer.allocUnsafeSlow(batchSize);
  }

  /** Opens a map of a loaded object for reading. Throws TypeError for a map of another type, and BpfError. */
  static open(map: BpfMap, options: RingBufferOptions = {}): RingBuffer {
    if (map.type !== MAP_TYPE.RINGBUF) throw new TypeError(`map ${map.name} is not a ring buffer`);
    const { delay = Math.min(DELAY_MS, map.maxEntries / BYTES_PER_MS), batchSize = BATCH_SIZE } = options;
    const native = loadBinding().openRing(map.fd, map.maxEntries, options.orderBy ?? UNSORTED);
    return new RingBuffer(check(native, `cannot open the ring buffer ${map.name}`), delay, batchSize);
  }

  /** What waits now, in batches. Ends when the ring is empty; with a program that writes faster than this reads it may not end. */
  *drain(): Generator<RecordBatch, void> {
    for (;;) {
      const moved = this.#isClosed ? 0 : this.#native.consume(this.#arena);
      if (moved === -ENOSPC) {
        this.#arena = Buffer.allocUnsafeSlow(this.#arena.length * 2);
        continue;
      }
      if (moved < 0) throw new BpfError('cannot read the ring buffer', -moved);
      if (moved === 0) return;
      yield new RecordBatch(this.#arena.subarray(0, moved));
    }
  }

  /** Resolves some milliseconds after there is something to read, or when `wake()` is called. */
  async #readable(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      const waiting = this.#native.wait(() => {
        timer = setTimeout(resolve, this.#delay);
      });
      check(waiting, 'cannot wait for the ring buffer');
    });
    clearTimeout(timer);
    this.#native.cancel();
    this.#wake = undefined;
  }

  /**
   * Batches as they come, until `signal` is aborted or the ring is closed. Between two batches the event
   * loop gets its turn; and who reads faster than the programs write lets some records gather, for a batch of few costs
   * hardly less than one of many. What waits in the ring at the end is left there, for `drain()`.
   */
  async *batches(signal?: AbortSignal): AsyncGenerator<RecordBatch, void> {
    const wake = () => this.#wake?.();
    signal?.addEventListener('abort', wake);
    try {
      while (!this.#isClosed && !signal?.aborted) {
        for (const batch of this.drain()) {
          const isAll = batch.bytes.length < this.#arena.length / 2;
          yield batch;
          if (!isAll) await setImmediate();
          if (this.#isClosed || signal?.aborted) return;
          if (isAll) break;
        }
        await this.#readable();
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  /** The payload of each record, copied, as they come: simple, and for streams that are not busy. */
  async *records(signal?: AbortSignal): AsyncGenerator<Buffer, void> {
    for await (const batch of this.batches(signal)) {
      const records: Buffer[] = [];
      batch.forEach((offset, length) => {
        records.push(Buffer.from(batch.bytes.subarray(offset, offset + length)));
      });
      yield* records;
    }
  }

  /** Bytes that wait to be read. */
  get pending(): number {
    return this.#native.pending();
  }

  /** Ends the iterators. May be called more than once. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
