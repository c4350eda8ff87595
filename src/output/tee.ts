import type { EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { Format, Loss, Opening, Report } from './format.js';

/** Two formats for the same events. */
export class TeeFormat implements Format {
  readonly #first: Format;
  readonly #second: Format;

  constructor(first: Format, second: Format) {
    this.#first = first;
    this.#second = second;
  }

  begin(out: OutputBuffer, opening?: Opening): void {
    this.#first.begin(out, opening);
    this.#second.begin(out, opening);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    this.#first.event(record, out);
    this.#second.event(record, out);
  }

  tally(rows: Rows): void {
    this.#first.tally?.(rows);
    this.#second.tally?.(rows);
  }

  report(report: Report, out: OutputBuffer): void {
    for (const format of [this.#first, this.#second]) {
      if (format.report) format.report(report, out);
      else
        report.rows.forEach((record) => {
          format.event(record, out);
        });
    }
  }

  lost(loss: Loss, out: OutputBuffer): void {
    this.#first.lost(loss, out);
    this.#second.lost(loss, out);
  }

  end(out: OutputBuffer): void {
    this.#first.end?.(out);
    this.#second.end?.(out);
  }
}
