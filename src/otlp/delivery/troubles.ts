import { counted } from '../../counted.js';

/** Minimum time between two reports of one kind of problem, in milliseconds. */
const QUIET_MS = 60_000;

/** Maximum number of remembered causes: a collector may name a new one each time. */
const MOST_CAUSES = 100;

interface ReportedKind {
  until: number;
  suppressed: number;
}

/** Reported causes, shared by exporters to one collector: a message about logs and metrics is one problem. */
export class ReportedCauses {
  readonly #until = new Map<string, number>();

  isFresh(cause: string): boolean {
    return performance.now() < (this.#until.get(cause) ?? 0);
  }

  note(cause: string): void {
    if (this.#until.size >= MOST_CAUSES) this.#until.clear();
    this.#until.set(cause, performance.now() + QUIET_MS);
  }
}

/**
 * Reports problems to the user, at most one line per kind and QUIET_MS, since a dead collector fails many times a
 * second.
 */
export class Troubles {
  readonly #tell: (text: string) => void;
  readonly #causes: ReportedCauses;
  readonly #kinds = new Map<string, ReportedKind>();

  constructor(tell: (text: string) => void, causes = new ReportedCauses()) {
    this.#tell = tell;
    this.#causes = causes;
  }

  /** `cause` is a text that another exporter may have reported already. */
  note(kind: string, text: () => string, cause?: string): void {
    const now = performance.now();
    const last = this.#kinds.get(kind);
    const shared = `${kind}: ${cause}`;
    if (last !== undefined && now < last.until) {
      last.suppressed++;
      return;
    }
    if (cause !== undefined) {
      if (this.#causes.isFresh(shared)) return;
      this.#causes.note(shared);
    }
    this.#kinds.set(kind, { until: now + QUIET_MS, suppressed: 0 });
    this.#tell(
      last !== undefined && last.suppressed > 0
        ? `${text()} (${counted(last.suppressed, 'more time', 'more times')} since the last message)`
        : text(),
    );
  }
}
