import type { Column } from '../../../events/column.js';
import type { Rows } from '../../../events/rows.js';
import type { Report } from '../../../output/format.js';
import type { ReportOutput, Reports } from '../../source.js';
import type { ReportOptions } from './report.js';
import type { TallyReader } from './tally-reader.js';

/** `14:03:05, 12 rows, 10 shown, sent 3456` */
function titleOf(rows: Rows, shown: number, sums: readonly Column[]): string {
  const parts = [new Date().toTimeString().slice(0, 8), `${rows.count} ${rows.count === 1 ? 'row' : 'rows'}`];
  if (shown < rows.count) parts.push(`${shown} shown`);
  for (const column of sums) parts.push(`${column.name} ${rows.sum(column)}`);
  return parts.join(', ');
}

/** setInterval() treats longer intervals as 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Reports a tool's aggregates at each interval and at the end. */
export class Reporter implements Reports {
  readonly #tally: TallyReader;
  readonly #output: ReportOutput;
  readonly #options: ReportOptions;
  #timer: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;
  /** An interval ends with the run. */
  #isDueAtEnd = false;
  /** Whether the latest report had no rows; and on a screen the latest one that had some. */
  #isEmpty = false;
  #latest: Report | undefined;

  constructor(tally: TallyReader, output: ReportOutput, options: ReportOptions) {
    this.#tally = tally;
    this.#output = output;
    this.#options = options;
  }

  /** Reports at each interval. */
  start(duration: number | undefined, onDone: () => void, guard: (action: () => void) => void): void {
    const { interval, lookInterval } = this.#options;
    if (lookInterval !== undefined)
      this.#looks = setInterval(() => guard(() => this.#look()), Math.min(lookInterval, LONGEST_MS)).unref();
    if (interval === undefined) return;
    const begin = performance.now();
    const plan = (due: number) => {
      // The rest at the end is left to `finish()`.
      this.#isDueAtEnd = due === duration;
      if (due >= (duration ?? Number.POSITIVE_INFINITY)) return;
      this.#timer = setTimeout(
        () => {
          // With a slow reader the next report covers a longer time.
          if (!this.#output.isFull) guard(() => this.#report(this.#read()));
          if (this.#output.isDone) onDone();
          // Missed reports are skipped.
          else plan(Math.max(due + interval, Math.ceil((performance.now() - begin) / interval) * interval));
        },
        Math.max(0, begin + due - performance.now()),
      );
    };
    plan(interval);
  }

  /**
   * Writes the last report, with the counts since the previous one. A screen with rows stays as it is. One without rows
   * gets those of the interval that was cut short, or else the latest rows there were: what was traced has ended.
   */
  finish(): void {
    this.stop();
    if (this.#output.isDone) return;
    const rows = this.#read();
    if (this.#options.isScreen && this.#output.events > 0) {
      if (this.#isEmpty && rows.count > 0) this.#report(rows);
      else if (this.#isEmpty && this.#latest) this.#output.report(this.#latest);
      return;
    }
    if (rows.count > 0 || this.#output.events === 0 || this.#isDueAtEnd) this.#report(rows);
  }

  /** Ends the timers: no further report. */
  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
  }

  /** Passes counts since the last read to a collector, which need not wait for a report. */
  #look(): void {
    const rows = this.#tally.look();
    // The largest rows first.
    rows.sortBy(this.#options.sort);
    this.#output.tally(rows);
  }

  /** Title of a report. */
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
    this.#output.report({ rows, title });
  }
}
