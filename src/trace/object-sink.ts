import { SnoopkitError } from '../errors.js';
import type { Column, EventRecord } from '../events/column.js';
import type { EventObject } from '../events/reader.js';
import { readEvent } from '../events/reader.js';
import { BaseSink } from '../output/sink.js';

/** Events that may wait for the program that reads them; then reading the ring pauses, and the kernel counts losses. */
const HIGH_WATER = 4096;

/** Why a run has failed: anything can be thrown. */
interface Failure {
  readonly error: unknown;
}

/** Hands events to a program, as objects. */
export class ObjectSink extends BaseSink {
  readonly #columns: readonly Column[];
  #waiting: EventObject[] = [];
  /** Number of events before the last one. */
  #before = 0;
  /** Events that are being read, from the position `#next` on. */
  #batch: readonly EventObject[] = [];
  #next = 0;
  #hasReader = false;
  #ended = false;
  #failure: Failure | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(columns: readonly Column[]) {
    super();
    this.#columns = columns;
  }

  override event(record: EventRecord): void {
    this.#before = this.#waiting.length;
    this.#waiting.push(readEvent(record, this.#columns));
  }

  override undo(): void {
    this.#waiting.length = this.#before;
  }

  override flush(): void {
    this.#wakeReader?.();
  }

  override get isFull(): boolean {
    return this.#waiting.length >= HIGH_WATER;
  }

  override async drained(): Promise<void> {
    while (this.isFull && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
  }

  /** No further events come: the run has ended, or failed. */
  finish(failure?: Failure): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /**
   * The events in order, until the run has ended; a later reader goes on where an earlier one has left. Throws the error
   * of the run, and at once SnoopkitError (`ERR_SNOOPKIT_ITERATED`) if there is a reader.
   */
  events(): AsyncGenerator<EventObject, void, undefined> {
    if (this.#hasReader)
      throw new SnoopkitError('ITERATED', 'the events are being read by another iteration: a run has one at a time');
    this.#hasReader = true;
    return this.#read();
  }

  async *#read(): AsyncGenerator<EventObject, void, undefined> {
    try {
      for (;;) {
        while (this.#next < this.#batch.length) yield this.#batch[this.#next++] as EventObject;
        this.#batch = this.#waiting;
        this.#next = 0;
        this.#waiting = [];
        this.#wakeWriter?.();
        if (this.#batch.length > 0) continue;
        if (this.#ended) break;
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    } finally {
      this.#hasReader = false;
    }
    if (this.#failure) throw this.#failure.error;
  }
}
