import { backoff } from './attempt.js';

/**
 * When a collector is asked again that did not take something: later each time, whichever batch that was, until it has
 * taken one. A batch that is given up is no sign that the next one would fare better.
 */
export class Pause {
  readonly #random: () => number;
  #failures = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;
  /** By performance.now(); in the past while nothing is to be waited for. */
  until = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the collector did not take the last that it was sent. */
  get isOn(): boolean {
    return this.#failures > 0;
  }

  /** A try that began then came to nothing. */
  failed(began: number): void {
    const now = performance.now();
    // Those that were under way together have failed together.
    if (began >= this.#lastFailure) this.#failures++;
    this.#lastFailure = now;
    this.until = Math.max(this.until, now + backoff(this.#failures, this.#random));
  }

  recovered(): void {
    this.#failures = 0;
    this.until = 0;
  }

  /** The next try need not wait. */
  end(): void {
    this.until = 0;
  }
}
