import { Chalk, type ChalkInstance } from 'chalk';
import type { Column, EventRecord, ListColumn } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';
import { content, INDENT, isBelow, linesBelow, type Place } from './cells.js';
import { cutText } from './display.js';
import { fitted, linesOf, squeezed } from './layout.js';
import type { Part } from './memo.js';
import { headerOf } from './table.js';

interface Cell {
  readonly text: string;
  readonly width: number;
}

/** A table whose rows are known before the first is written: columns are as wide as their values. */
export class KnownTable {
  readonly #columns: readonly Column[];
  readonly #write: readonly ((record: EventRecord, out: OutputBuffer) => number)[];
  readonly #below: readonly Part[];
  readonly #style: ChalkInstance;
  readonly #isScreen: boolean;
  readonly #scratch = new OutputBuffer();
  /** Largest widths so far, on a screen. */
  #widths: readonly number[] = [];

  /** On a screen, rows are not wrapped: values that are too long are truncated with an ellipsis. */
  constructor(all: readonly Column[], useColor: boolean, isScreen: boolean) {
    this.#columns = all.filter((column) => !isBelow(column));
    this.#write = this.#columns.map(content);
    this.#below = all.filter((column): column is ListColumn => isBelow(column)).map(linesBelow);
    this.#style = new Chalk({ level: useColor ? 1 : 0 });
    this.#isScreen = isScreen;
  }

  #cells(record: EventRecord): Cell[] {
    return this.#write.map((write) => {
      this.#scratch.length = 0;
      const width = write(record, this.#scratch);
      return { text: this.#scratch.bytes.toString('utf8', 0, this.#scratch.length), width };
    });
  }

  #lines(record: EventRecord): string {
    this.#scratch.length = 0;
    for (const write of this.#below) write(record, this.#scratch);
    return this.#scratch.bytes.toString('utf8', 0, this.#scratch.length);
  }

  /** Writes the rows for a terminal of `width` columns. */
  write(rowsOf: Pick<Rows, 'forEach'>, width: number, out: OutputBuffer): void {
    const rows: { cells: Cell[]; below: string }[] = [];
    rowsOf.forEach((record) => {
      rows.push({ cells: this.#cells(record), below: this.#lines(record) });
    });
    const widths = this.#columns.map((_, i) =>
      rows.reduce((most, { cells }) => Math.max(most, cells[i]?.width ?? 0), this.#widths[i] ?? 0),
    );
    // Columns of a screen must not move between reports.
    if (this.#isScreen) this.#widths = widths;
    const places = (this.#isScreen ? squeezed : fitted)(this.#columns, widths, width);
    const line = (text: string) => (this.#isScreen ? cutText(text, width) : text);
    for (const header of linesOf(places).map(headerOf))
      out.utf8(`${this.#style.bold(line(header.replace('\n', '')))}\n`);
    for (const { cells, below } of rows) {
      const shown = places.map((place, i) => this.#shown(place, cells[i] as Cell));
      const lines: string[] = [];
      places.forEach(({ isBroken }, i) => {
        if (isBroken || i === 0) lines.push(`${isBroken ? INDENT : ''}${shown[i]}`);
        else lines.push(`${lines.pop()} ${shown[i]}`);
      });
      for (const text of lines) out.utf8(`${line(text)}\n`);
      out.utf8(below);
    }
  }

  #shown({ column, room, isLast }: Place, { text, width }: Cell): string {
    if (width > room) {
      const kept = (column.kind === 'plain' && column.keptEnd?.exec(text)?.[0].length) || 0;
      return cutText(text, room, kept);
    }
    const blanks = ' '.repeat(room - width);
    return column.align === 'right' ? blanks + text : isLast ? text : text + blanks;
  }
}
