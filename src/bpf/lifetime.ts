import { ClosedError } from './errors.js';

/** A descriptor, or several. */
interface Closable {
  close(): void;
}

/**
 * The life of an object, opened or loaded. Its maps, programs, links and ring buffers refer to it, and it refers to all
 * that is to be closed with the object: nothing is collected, and so closed, as long as one of them is in use.
 */
export class Lifetime {
  readonly #parts = new Set<Closable>();
  #end: string | undefined;

  /** Throws ClosedError if the object has ended. */
  check(): void {
    if (this.#end !== undefined) throw new ClosedError(this.#end);
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a part. If the object was closed while the part was made, closes that, too, and throws ClosedError. */
  add<T extends Closable>(part: T): T {
    if (this.isEnded) part.close();
    this.check();
    this.#parts.add(part);
    return part;
  }

  delete(part: Closable): void {
    this.#parts.delete(part);
  }

  /** Closes all parts, the newest first. The first reason given is the message of later errors. */
  end(reason: string): void {
    this.#end ??= reason;
    for (const part of [...this.#parts].reverse()) part.close();
    this.#parts.clear();
  }
}
