import type { Column } from '../events/column.js';
import type { Rows } from '../events/rows.js';
import type { Destination } from '../output/destination.js';
import type { Report } from '../output/format.js';
import type { EventPump } from './pump.js';
import type { ReportOptions } from './report-options.js';
import type { TallyReader } from './tally-reader.js';

/** `14:03:05, 12 rows, 10 shown, sent 3456` */
function titleOf(rows: Rows, shown: number, sums: readonly Column[]): string {
  const parts = [new Date().toTimeString().slice(0, 8), `${rows.count} ${rows.count === 1 ? 'row' : 'rows'}`];
  if (shown < rows.count) parts.push(`${shown} shown`);
  for (const column of sums) parts.push(`${column.name} ${rows.sum(column)}`);
  return parts.join(', ');
}

/** setInterval(3) takes what is more for 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Reports what a tool adds up in the kernel, at each interval and at the end. */
export class Reporter {
  readonly #tally: TallyReader;
  readonly #pump: EventPump;
  readonly #destination: Destination;
  readonly #options: ReportOptions;
  #timer: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;
  /** An interval ends with the run. */
  #isDueAtEnd = false;
  /** Whether the latest report had no rows; and on a screen the latest one that had some. */
  #isEmpty = false;
  #latest: Report | undefined;

  constructor(tally: TallyReader, pump: EventPump, destination: Destination, options: ReportOptions) {
    this.#tally = tally;
    this.#pump = pump;
    this.#destination = destination;
    this.#options = options;
  }

  /** Reports at each interval, and calls back after the last report that was asked for. The run ends by itself after `duration` milliseconds. */
  start(duration: number | undefined, onDone: () => void): void {
    const { interval, lookInterval } = this.#options;
    if (lookInterval !== undefined)
      this.#looks = setInterval(() => this.#look(), Math.min(lookInterval, LONGEST_MS)).unref();
    if (interval === undefined) return;
    const begin = performance.now();
    const plan = (due: number) => {
      // What is left at the end is for `finish()`.
      this.#isDueAtEnd = due === duration;
      if (due >= (duration ?? Number.POSITIVE_INFINITY)) return;
      this.#timer = setTimeout(
        () => {
          // For a reader that is slow the next report is about a longer time.
          if (!this.#destination.isFull) this.#report(this.#read());
          if (this.#pump.isDone) onDone();
          // Those that were missed are left out.
          else plan(Math.max(due + interval, Math.ceil((performance.now() - begin) / interval) * interval));
        },
        Math.max(0, begin + due - performance.now()),
      );
    };
    plan(interval);
  }

  /**
   * Ends the reports, the last one with what was added up since the one before. A screen with rows stays as it is. One
   * without gets those of the interval that was cut short, or else the latest there were: what was traced has ended.
   */
  finish(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    if (this.#pump.isDone) return;
    const rows = this.#read();
    if (this.#options.isScreen && this.#pump.events > 0) {
      if (this.#isEmpty && rows.count > 0) this.#report(rows);
      else if (this.#isEmpty && this.#latest) this.#pump.report(this.#latest);
      return;
    }
    if (rows.count > 0 || this.#pump.events === 0 || this.#isDueAtEnd) this.#report(rows);
  }

  /** Tells those of what came since the last look who need not wait for a report: a collector. */
  #look(): void {
    const rows = this.#tally.look();
    // The largest find room first.
    rows.sortBy(this.#options.sort);
    this.#pump.tally(rows);
  }

  /** What a report is about. */
  #read(): Rows {
    this.#look();
    return this.#tally.read();
  }

  #report(rows: Rows): void {
    const { sort, sums, room, isScreen } = this.#options;
    const shown = Math.min(rows.count, room());
    const title = titleOf(rows, shown, sums);
    rows.sortBy(sort);
    rows.keep(shown);
    this.#isEmpty = rows.count === 0;
    if (isScreen && !this.#isEmpty) this.#latest = { rows, title };
    this.#pump.report({ rows, title });
  }
}
