import { type Column, type EventRecord, type ListColumn, TextList } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeTerminalText } from './escape.js';
import type { Part } from './memo.js';
import { shownHistogram } from './shown-histogram.js';
import { shownList, shownText } from './shown-text.js';

const BLANK = 0x20;
const NEWLINE = 0x0a;
/** Placeholder of an absent value. */
const NONE = 0x2d;

/** Indent of lines that continue the one above. */
export const INDENT = '    ';

/** Writes a value for people; returns its width in columns of the terminal. */
export function content(column: Column): (record: EventRecord, out: OutputBuffer) => number {
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

/** State of a row while it is written. */
export class Row {
  /** Whether each value so far fitted its column. */
  isUsual = true;
  #start = 0;
  /** Number of columns by which the next value is too far to the right. */
  #late = 0;

  begin(out: OutputBuffer): void {
    this.isUsual = true;
    this.#late = 0;
    this.#start = out.length;
  }

  /** Whether the next value is too far to the right, so that another value is below its header. */
  get isLate(): boolean {
    return this.#late > 0;
  }

  /** Continues in the next line. */
  breakLine(out: OutputBuffer): void {
    out.byte(NEWLINE);
    out.ascii(INDENT);
    this.#late = 0;
  }

  /** Writes blanks after a value of `width` columns: fewer than usual if it, or an earlier one, exceeded its room. */
  padLate(out: OutputBuffer, width: number, room: number): void {
    const gap = room - width - this.#late;
    this.isUsual = false;
    this.#late = Math.max(0, -gap);
    for (let missing = gap; missing > 0; missing--) out.byte(BLANK);
  }

  /**
   * Moves the value that begins at `start` to the right edge of its room, or as close as possible, over preceding
   * blanks.
   */
  alignLate(out: OutputBuffer, start: number, room: number): void {
    const size = out.length - start;
    this.isUsual = false;
    this.#late += size - room;
    if (this.#late < 0) {
      out.alignRight(start, size - this.#late);
      this.#late = 0;
      return;
    }
    // One blank stays before the value.
    let from = start;
    while (this.#late > 0 && from - 2 >= this.#start && out.bytes[from - 2] === BLANK) {
      from--;
      this.#late--;
    }
    out.bytes.copyWithin(from, start, out.length);
    out.length -= start - from;
  }
}

/** Position of a column in a table. */
export interface Place {
  readonly column: Column;
  /** Its width in columns of the terminal. */
  readonly room: number;
  /**
   * Whether it begins a line other than a row's first; whether it ends one, in which case its values are not padded.
   */
  readonly isBroken: boolean;
  readonly isLast: boolean;
}

/** Writes a value at its place, padded, after a blank. Values are never truncated. */
export function cell({ column, room, isBroken, isLast }: Place, isFirst: boolean, row: Row): Part {
  const writeValue = content(column);
  const write = (record: EventRecord, out: OutputBuffer) => {
    if (!row.isLate || column.isPresent?.(record) !== false) return writeValue(record, out);
    out.byte(NONE);
    return 1;
  };
  const lead = (out: OutputBuffer) => {
    if (isBroken) row.breakLine(out);
    else if (!isFirst) out.byte(BLANK);
  };
  if (column.align === 'right') {
    return (record, out) => {
      lead(out);
      const start = out.length;
      write(record, out);
      if (row.isUsual && out.length - start <= room) out.alignRight(start, room);
      else row.alignLate(out, start, room);
    };
  }
  return (record, out) => {
    lead(out);
    const width = write(record, out);
    if (isLast) return;
    if (row.isUsual && width <= room) for (let missing = room - width; missing > 0; missing--) out.byte(BLANK);
    else row.padLate(out, width, room);
  };
}

export const isBelow = (column: Column): column is ListColumn => column.kind === 'list' && column.isBelow === true;

/** Writes the texts of a list, one per line. */
export function linesBelow(column: ListColumn): Part {
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
