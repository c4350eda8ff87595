import { Chalk, type ChalkInstance } from 'chalk';
import type { Column, EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Format } from './format.js';
import { memoized, type Part } from './memo.js';
import { shownHistogram } from './shown-histogram.js';
import { shownList, shownText } from './shown-text.js';

const BLANK = 0x20;
const NEWLINE = 0x0a;

function content(column: Column): (record: EventRecord, out: OutputBuffer) => number {
  if (column.kind === 'plain') {
    const write = column.writeForPeople ?? column.write;
    return (record, out) => {
      const start = out.length;
      if (column.isPresent?.(record) === false) return 0;
      write.call(column, record, out);
      return out.length - start;
    };
  }
  if (column.kind === 'histogram') return shownHistogram(column);
  return column.kind === 'list' ? shownList(column, '?') : shownText(column, '?');
}

/** A column's cell, padded, with the blank in front of it; the last one of a row is as long as it is. Nothing is ever cut. */
function cell(column: Column, isFirst: boolean, isLast: boolean): Part {
  const write = content(column);
  if (column.align === 'right') {
    return (record, out) => {
      if (!isFirst) out.byte(BLANK);
      const start = out.length;
      write(record, out);
      out.alignRight(start, column.width);
    };
  }
  return (record, out) => {
    if (!isFirst) out.byte(BLANK);
    const width = write(record, out);
    if (!isLast) for (let missing = column.width - width; missing > 0; missing--) out.byte(BLANK);
  };
}

/** Rows as they come, under a header. */
export class TableFormat implements Format {
  readonly #columns: readonly Column[];
  readonly #cells: readonly Part[];
  readonly #style: ChalkInstance;

  constructor(columns: readonly Column[], useColor: boolean) {
    this.#columns = columns;
    const cells = columns.map((column, i) => cell(column, i === 0, i === columns.length - 1));
    this.#cells = memoized(columns, cells);
    this.#style = new Chalk({ level: useColor ? 1 : 0 });
  }

  begin(out: OutputBuffer): void {
    const names = this.#columns.map(({ name, width, align }, i) => {
      const header = name.toUpperCase();
      if (align === 'right') return header.padStart(width);
      return i === this.#columns.length - 1 ? header : header.padEnd(width);
    });
    out.utf8(`${this.#style.bold(names.join(' '))}\n`);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    for (const write of this.#cells) write(record, out);
    out.byte(NEWLINE);
  }

  lost(): void {}
}
