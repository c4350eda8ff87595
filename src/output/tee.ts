import type { EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import type { Format, Loss, Opening, Report } from './format.js';

/** Several formats for the same events, or none. */
export class TeeFormat implements Format {
  readonly #formats: readonly Format[];

  constructor(formats: readonly Format[]) {
    this.#formats = formats;
  }

  get header(): string | undefined {
    return this.#formats.find(({ header }) => header !== undefined)?.header;
  }

  begin(out: OutputBuffer, opening?: Opening): void {
    for (const format of this.#formats) format.begin(out, opening);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    for (const format of this.#formats) format.event(record, out);
  }

  tally(rows: Rows): void {
    for (const format of this.#formats) format.tally?.(rows);
  }

  report(report: Report, out: OutputBuffer): void {
    for (const format of this.#formats) {
      if (format.report) format.report(report, out);
      else
        report.rows.forEach((record) => {
          format.event(record, out);
        });
    }
  }

  lost(loss: Loss, out: OutputBuffer): void {
    for (const format of this.#formats) format.lost(loss, out);
  }

  end(out: OutputBuffer): void {
    for (const format of this.#formats) format.end?.(out);
  }
}
