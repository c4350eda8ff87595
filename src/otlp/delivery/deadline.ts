import { LONGEST_TIMER_MS } from './attempt.js';

/** A deadline that can be brought forward, never postponed. */
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

  /** Moves it to `ms` milliseconds from now, if that is earlier. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (at > this.at) return;
    this.at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#pass, Math.min(ms, LONGEST_TIMER_MS));
  }

  /** Releases the timer. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
