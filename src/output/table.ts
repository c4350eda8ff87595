import { Chalk, type ChalkInstance } from 'chalk';
import { type Column, type EventRecord, type ListColumn, TextList } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeTerminalText } from './escape.js';
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

/** A column is as wide as its values mostly are, and its header is. */
const widthOf = ({ name, width }: Column) => Math.max(width, name.length);

/** A column's cell, padded, with the blank in front of it; the last one of a row is as long as it is. Nothing is ever cut. */
function cell(column: Column, isFirst: boolean, isLast: boolean): Part {
  const write = content(column);
  const room = widthOf(column);
  if (column.align === 'right') {
    return (record, out) => {
      if (!isFirst) out.byte(BLANK);
      const start = out.length;
      write(record, out);
      out.alignRight(start, room);
    };
  }
  return (record, out) => {
    if (!isFirst) out.byte(BLANK);
    const width = write(record, out);
    if (!isLast) for (let missing = room - width; missing > 0; missing--) out.byte(BLANK);
  };
}

/** How far what is below a row is from the left. */
const INDENT = '    ';

const isBelow = (column: Column): column is ListColumn => column.kind === 'list' && column.isBelow === true;

/** The texts of a list, each in a line of its own. */
function lines(column: ListColumn): Part {
  const list = new TextList();
  return (record, out) => {
    column.locate(record, list);
    const { bytes, isMissing, isTruncated } = list.span;
    if (isMissing) out.ascii(`${INDENT}?\n`);
    list.forEach((start, end) => {
      out.ascii(INDENT);
      writeTerminalText(bytes, start, end, out);
      out.byte(NEWLINE);
    });
    if (isTruncated) out.ascii(`${INDENT}...[truncated]\n`);
  };
}

/** Rows as they come, under a header. */
export class TableFormat implements Format {
  readonly #columns: readonly Column[];
  readonly #cells: readonly Part[];
  readonly #below: readonly Part[];
  readonly #style: ChalkInstance;

  constructor(all: readonly Column[], useColor: boolean) {
    const columns = all.filter((column) => !isBelow(column));
    this.#columns = columns;
    const cells = columns.map((column, i) => cell(column, i === 0, i === columns.length - 1));
    this.#cells = memoized(columns, cells);
    this.#below = all.filter(isBelow).map(lines);
    this.#style = new Chalk({ level: useColor ? 1 : 0 });
  }

  begin(out: OutputBuffer): void {
    const names = this.#columns.map((column, i) => {
      const header = column.name.toUpperCase();
      if (column.align === 'right') return header.padStart(widthOf(column));
      return i === this.#columns.length - 1 ? header : header.padEnd(widthOf(column));
    });
    out.utf8(`${this.#style.bold(names.join(' '))}\n`);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    for (const write of this.#cells) write(record, out);
    out.byte(NEWLINE);
    for (const write of this.#below) write(record, out);
  }

  lost(): void {}
}
