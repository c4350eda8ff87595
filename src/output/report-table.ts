import type { Column, EventRecord, HistogramColumn } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import { cutText } from './display.js';
import type { Format, Report } from './format.js';
import { KnownTable } from './known-table.js';
import { drawHistogram } from './shown-histogram.js';
import { TableFormat } from './table.js';

const NEWLINE = 0x0a;
/** Clears the screen and disables line wrapping. */
const CLEAR = '\x1b[H\x1b[J\x1b[?7l';
const WRAP = '\x1b[?7h';
/** Shown instead of a drawing. */
const NO_DATA = 'no data\n';

export interface ReportTableOptions {
  readonly useColor: boolean;
  /** Whether each report has a title. */
  readonly hasTitle: boolean;
  /** Whether each report replaces the previous one, on a terminal. */
  readonly isScreen: boolean;
  /**
   * Current width of the terminal in columns; undefined without a terminal: rows are then neither truncated nor
   * wrapped.
   */
  readonly width: () => number | undefined;
}

/** Tables separated by a blank line, or one table that changes. Histograms are drawn below their rows. */
export class ReportTable implements Format {
  /** For a terminal; for other output. */
  readonly #known: KnownTable | undefined;
  readonly #table: TableFormat | undefined;
  readonly #histograms: readonly HistogramColumn[];
  readonly #options: ReportTableOptions;
  #isFirst = true;

  constructor(columns: readonly Column[], options: ReportTableOptions) {
    const isHistogram = (column: Column) => column.kind === 'histogram';
    this.#histograms = columns.filter(isHistogram);
    const rest = columns.filter((column) => !isHistogram(column));
    if (rest.length > 0) {
      this.#known = new KnownTable(rest, options.useColor, options.isScreen);
      this.#table = new TableFormat(rest, options.useColor);
    }
    this.#options = options;
  }

  begin(): void {}

  report({ title, rows }: Report, out: OutputBuffer): void {
    const { hasTitle, isScreen } = this.#options;
    const width = this.#options.width();
    if (isScreen) out.ascii(CLEAR);
    else if (!this.#isFirst) out.byte(NEWLINE);
    this.#isFirst = false;
    if (hasTitle) out.utf8(`${isScreen && width !== undefined ? cutText(title, width) : title}\n`);
    if (this.#histograms.length > 0) this.#drawings(rows, width, out);
    else this.#rows(rows, width, out);
    if (isScreen) out.ascii(WRAP);
  }

  /** A header and the rows. */
  #rows(rows: Pick<Rows, 'forEach'>, width: number | undefined, out: OutputBuffer): void {
    if (width !== undefined) {
      this.#known?.write(rows, width, out);
      return;
    }
    this.#table?.begin(out);
    rows.forEach((record) => {
      this.#table?.event(record, out);
    });
  }

  /** Each row with a header of its own and its histograms. */
  #drawings(rows: Rows, width: number | undefined, out: OutputBuffer): void {
    if (rows.count === 0) out.ascii(NO_DATA);
    let isFirst = true;
    rows.forEach((record) => {
      if (!isFirst) out.byte(NEWLINE);
      isFirst = false;
      this.#rows({ forEach: (receive) => receive(record) }, width, out);
      for (const column of this.#histograms) drawHistogram(column, record, out, width);
    });
  }

  event(record: EventRecord, out: OutputBuffer): void {
    const width = this.#options.width();
    if (this.#histograms.length > 0) this.#table?.begin(out);
    this.#table?.event(record, out);
    for (const column of this.#histograms) drawHistogram(column, record, out, width);
  }

  lost(): void {}
}
