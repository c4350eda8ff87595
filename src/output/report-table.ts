import type { Column, EventRecord, HistogramColumn } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Format, Report } from './format.js';
import { drawHistogram } from './shown-histogram.js';
import { TableFormat } from './table.js';

const NEWLINE = 0x0a;
/** The cursor to the first place, and nothing behind it; no line goes on in the next one. */
const CLEAR = '\x1b[H\x1b[J\x1b[?7l';
const WRAP = '\x1b[?7h';

export interface ReportTableOptions {
  readonly useColor: boolean;
  /** Whether each report has its title above it. */
  readonly hasTitle: boolean;
  /** Whether each takes the place of the one before, on a terminal. */
  readonly isScreen: boolean;
}

/** Tables with a line between them, or one that changes. A histogram is drawn below its row. */
export class ReportTable implements Format {
  readonly #table: TableFormat | undefined;
  readonly #histograms: readonly HistogramColumn[];
  readonly #options: ReportTableOptions;
  #isFirst = true;

  constructor(columns: readonly Column[], options: ReportTableOptions) {
    const isHistogram = (column: Column) => column.kind === 'histogram';
    this.#histograms = columns.filter(isHistogram);
    const rest = columns.filter((column) => !isHistogram(column));
    this.#table = rest.length > 0 ? new TableFormat(rest, options.useColor) : undefined;
    this.#options = options;
  }

  begin(): void {}

  report({ title, rows }: Report, out: OutputBuffer): void {
    const { hasTitle, isScreen } = this.#options;
    if (isScreen) out.ascii(CLEAR);
    else if (!this.#isFirst) out.byte(NEWLINE);
    this.#isFirst = false;
    if (hasTitle) out.utf8(`${title}\n`);
    if (this.#histograms.length === 0 || rows.count === 0) this.#table?.begin(out);
    let isFirst = true;
    rows.forEach((record) => {
      if (this.#histograms.length > 0 && !isFirst) out.byte(NEWLINE);
      isFirst = false;
      this.event(record, out);
    });
    if (isScreen) out.ascii(WRAP);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    if (this.#histograms.length > 0) this.#table?.begin(out);
    this.#table?.event(record, out);
    for (const column of this.#histograms) drawHistogram(column, record, out);
  }

  lost(): void {}
}
