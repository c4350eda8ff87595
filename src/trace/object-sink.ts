import type { Column, EventRecord } from '../events/column.js';
import type { EventObject } from '../events/reader.js';
import { readEvent } from '../events/reader.js';
import { BaseSink } from '../output/sink.js';

/** Events that may wait for the program that reads them; then reading the ring pauses, and the kernel counts losses. */
const HIGH_WATER = 4096;

/** Hands events to a program, as objects. */
export class ObjectSink extends BaseSink {
  readonly #columns: readonly Column[];
  #waiting: EventObject[] = [];
  /** Number of events before the last one. */
  #before = 0;
  #isReleased = false;
  #ended = false;
  #error: unknown;
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
    return this.#waiting.length >= HIGH_WATER && !this.#isReleased;
  }

  override async drained(): Promise<void> {
    while (this.isFull && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
  }

  /** The run no longer waits for the program: nobody may read on. */
  release(): void {
    this.#isReleased = true;
    this.#wakeWriter?.();
  }

  /** No further events come: the run has ended, or failed with an error. */
  finish(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /** The events in order, until the run has ended. Throws the error of the run. */
  async *events(): AsyncGenerator<EventObject, void, undefined> {
    for (;;) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#wakeWriter?.();
      yield* batch;
      if (this.#waiting.length > 0) continue;
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
