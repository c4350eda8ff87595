import { Chalk, type ChalkInstance } from 'chalk';
import type { Column, EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { cell, INDENT, isBelow, linesBelow, type Place, Row } from './cells.js';
import type { Format } from './format.js';
import { laidOut } from './layout.js';
import { memoized, type Part } from './memo.js';

const NEWLINE = 0x0a;

/** Names of columns at their places, in as many lines as a row. */
export function headerOf(places: readonly Place[]): string {
  return places
    .map(({ column, room, isBroken, isLast }, i) => {
      const name = column.name.toUpperCase();
      const padded = column.align === 'right' ? name.padStart(room) : isLast ? name : name.padEnd(room);
      return `${isBroken ? `\n${INDENT}` : i > 0 ? ' ' : ''}${padded}`;
    })
    .join('');
}

/** Rows as they arrive, under a header. On a terminal of `width` columns, longer rows are wrapped. */
export class TableFormat implements Format {
  readonly #places: readonly Place[];
  readonly #row = new Row();
  readonly #cells: readonly Part[];
  readonly #below: readonly Part[];
  readonly #style: ChalkInstance;

  constructor(all: readonly Column[], useColor: boolean, width?: number) {
    const columns = all.filter((column) => !isBelow(column));
    this.#places = laidOut(columns, width);
    const cells = this.#places.map((place, i) => cell(place, i === 0, this.#row));
    this.#cells = memoized(columns, cells, this.#row);
    this.#below = all.filter(isBelow).map(linesBelow);
    this.#style = new Chalk({ level: useColor ? 1 : 0 });
  }

  begin(out: OutputBuffer): void {
    out.utf8(`${this.#style.bold(headerOf(this.#places))}\n`);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    this.#row.begin(out);
    for (const write of this.#cells) write(record, out);
    out.byte(NEWLINE);
    for (const write of this.#below) write(record, out);
  }

  lost(): void {}
}
