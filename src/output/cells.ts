import { type Column, type EventRecord, type ListColumn, TextList } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeTerminalText } from './escape.js';
import type { Part } from './memo.js';
import { shownHistogram } from './shown-histogram.js';
import { shownList, shownText } from './shown-text.js';

const BLANK = 0x20;
const NEWLINE = 0x0a;
/** In place of what an event does not have. */
const NONE = 0x2d;

/** How far from the left is what belongs to the line above. */
export const INDENT = '    ';

/** Writes a value for people; returns how many columns of a terminal it takes. */
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

/** Where a row stands in the course of being written. */
export class Row {
  /** Whether each value so far has fitted into its column. */
  isUsual = true;
  #start = 0;
  /** By how many columns what comes next is too far to the right. */
  #late = 0;

  begin(out: OutputBuffer): void {
    this.isUsual = true;
    this.#late = 0;
    this.#start = out.length;
  }

  /** Whether what comes next begins too far to the right: what is under its header belongs to a value before it. */
  get isLate(): boolean {
    return this.#late > 0;
  }

  /** Goes on in the next line. */
  breakLine(out: OutputBuffer): void {
    out.byte(NEWLINE);
    out.ascii(INDENT);
    this.#late = 0;
  }

  /** Puts blanks behind a value of `width` columns: less than usual where it, or one before it, took more than its room. */
  padLate(out: OutputBuffer, width: number, room: number): void {
    const gap = room - width - this.#late;
    this.isUsual = false;
    this.#late = Math.max(0, -gap);
    for (let missing = gap; missing > 0; missing--) out.byte(BLANK);
  }

  /** Moves the value that begins at `start` to the right edge of its room, or as near as can be: over blanks before it. */
  alignLate(out: OutputBuffer, start: number, room: number): void {
    const size = out.length - start;
    this.isUsual = false;
    this.#late += size - room;
    if (this.#late < 0) {
      out.alignRight(start, size - this.#late);
      this.#late = 0;
      return;
    }
    // One of them stays between it and what is before.
    let from = start;
    while (this.#late > 0 && from - 2 >= this.#start && out.bytes[from - 2] === BLANK) {
      from--;
      this.#late--;
    }
    out.bytes.copyWithin(from, start, out.length);
    out.length -= start - from;
  }
}

/** A column of a table: where it stands. */
export interface Place {
  readonly column: Column;
  /** How many columns of the terminal it has. */
  readonly room: number;
  /** Whether it begins a line, but for the first one of a row; and whether it ends one: then its values are as long as they are. */
  readonly isBroken: boolean;
  readonly isLast: boolean;
}

/** Writes a value into its place, padded, with the blank in front of it. Nothing is ever cut. */
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

/** The texts of a list, each in a line of its own. */
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
