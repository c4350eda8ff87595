import { counted } from '../../../counted.js';

/** How long one kind of trouble is not told again. */
const QUIET_MS = 10_000;

/** Tells a person what goes wrong, a line for each kind in so much time, for a dead collector fails many times a second. */
export class Troubles {
  readonly #tell: (text: string) => void;
  readonly #kinds = new Map<string, { until: number; untold: number }>();

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  note(kind: string, text: () => string): void {
    const now = performance.now();
    const last = this.#kinds.get(kind);
    if (last !== undefined && now < last.until) {
      last.untold++;
      return;
    }
    this.#kinds.set(kind, { until: now + QUIET_MS, untold: 0 });
    this.#tell(
      last !== undefined && last.untold > 0
        ? `${text()} (and ${counted(last.untold, 'more time', 'more times')} before)`
        : text(),
    );
  }
}
