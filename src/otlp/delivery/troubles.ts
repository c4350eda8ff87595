import { counted } from '../../counted.js';

/** How long one kind of trouble is not told again. */
const QUIET_MS = 60_000;

/** Causes that are remembered: whoever answers may name another one each time. */
const MOST_CAUSES = 100;

interface Told {
  until: number;
  untold: number;
}

/** The causes that were told, to be shared by those that have the same collector: what it says of logs and metrics is one trouble. */
export class ToldCauses {
  readonly #until = new Map<string, number>();

  isFresh(cause: string): boolean {
    return performance.now() < (this.#until.get(cause) ?? 0);
  }

  note(cause: string): void {
    if (this.#until.size >= MOST_CAUSES) this.#until.clear();
    this.#until.set(cause, performance.now() + QUIET_MS);
  }
}

/** Tells a person what goes wrong, a line for each kind in so much time, for a dead collector fails many times a second. */
export class Troubles {
  readonly #tell: (text: string) => void;
  readonly #causes: ToldCauses;
  readonly #kinds = new Map<string, Told>();

  constructor(tell: (text: string) => void, causes = new ToldCauses()) {
    this.#tell = tell;
    this.#causes = causes;
  }

  /** `cause` is what somebody else may have told already, in the same words. */
  note(kind: string, text: () => string, cause?: string): void {
    const now = performance.now();
    const last = this.#kinds.get(kind);
    const shared = `${kind}: ${cause}`;
    if (last !== undefined && now < last.until) {
      last.untold++;
      return;
    }
    if (cause !== undefined) {
      if (this.#causes.isFresh(shared)) return;
      this.#causes.note(shared);
    }
    this.#kinds.set(kind, { until: now + QUIET_MS, untold: 0 });
    this.#tell(
      last !== undefined && last.untold > 0
        ? `${text()} (${counted(last.untold, 'more time', 'more times')} since the last message)`
        : text(),
    );
  }
}
