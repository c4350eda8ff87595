import type { Column, EventRecord, HistogramColumn } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import { cutText } from './display.js';
import type { Format, Report } from './format.js';
import { KnownTable } from './known-table.js';
import { drawHistogram } from './shown-histogram.js';
import { TableFormat } from './table.js';

const NEWLINE = 0x0a;
/** The cursor to the first place, and nothing behind it; no line goes on in the next one. */
const CLEAR = '\x1b[H\x1b[J\x1b[?7l';
const WRAP = '\x1b[?7h';
/** In place of a drawing. */
const NO_DATA = 'no data\n';

export interface ReportTableOptions {
  readonly useColor: boolean;
  /** Whether each report has its title above it. */
  readonly hasTitle: boolean;
  /** Whether each takes the place of the one before, on a terminal. */
  readonly isScreen: boolean;
  /** How many columns the terminal has now; undefined where there is none: then nothing is cut, nor goes over several lines. */
  readonly width: () => number | undefined;
}

/** Tables with a line between them, or one that changes. A histogram is drawn below its row. */
export class ReportTable implements Format {
  /** For a terminal, and for what is none. */
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

  /** A header, and all rows below it. */
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

  /** Each row below a header of its own, with its histograms. */
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
