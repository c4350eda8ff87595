import { LONGEST_TIMER_MS } from './attempt.js';

/** An end that may be brought forward, but is never put off. */
export class Deadline {
  /** By performance.now(). */
  at = Number.POSITIVE_INFINITY;
  readonly passed: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #pass: () => void = () => undefined;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#pass = resolve;
    });
  }

  /** It comes in so many milliseconds, if not before. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (at > this.at) return;
    this.at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, Math.min(ms, LONGEST_TIMER_MS));
  }

  /** Nobody waits for it any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
