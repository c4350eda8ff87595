import type { NativeLink } from '../native/binding.js';
import { check } from './errors.js';

/** A program attached to a hook. It stays so until the link, or the process, ends. */
export class BpfLink {
  readonly #native: NativeLink;
  readonly #forget: (link: BpfLink) => void;

  /** @internal Made by `BpfProgram`. */
  constructor(native: NativeLink, forget: (link: BpfLink) => void) {
    this.#native = native;
    this.#forget = forget;
  }

  /**
   * For an iterator program: runs it once over what it iterates and returns an fd that gives what it
   * wrote, for `fs.read`. The caller closes it. Kernel 5.8.
   */
  openIterator(): number {
    return check(this.#native.createIterator(), 'cannot create an iterator');
  }

  /** Detaches the program. May be called more than once. */
  close(): void {
    this.#native.close();
    this.#forget(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
