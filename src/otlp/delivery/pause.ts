import { backoff } from './attempt.js';

/**
 * Backoff of a collector that failed to accept a batch. It grows with each failure, whichever batch failed, and ends
 * with a success. Dropping a batch does not end it, since the next one would fare no better.
 */
export class Pause {
  readonly #random: () => number;
  #failures = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;
  /** End of the pause by performance.now(); in the past if there is none. */
  until = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the last request failed. */
  get isOn(): boolean {
    return this.#failures > 0;
  }

  /** Notes the failure of an attempt that began at `began`. */
  failed(began: number): void {
    const now = performance.now();
    // Concurrent attempts that fail together count once.
    if (began >= this.#lastFailure) this.#failures++;
    this.#lastFailure = now;
    this.until = Math.max(this.until, now + backoff(this.#failures, this.#random));
  }

  recovered(): void {
    this.#failures = 0;
    this.until = 0;
  }

  /** Allows the next attempt at once. */
  end(): void {
    this.until = 0;
  }
}
