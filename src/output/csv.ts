import type { Column } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Format } from './format.js';
import { memoized, type Part } from './memo.js';
import { shownHistogram } from './shown-histogram.js';
import { shownList, shownText } from './shown-text.js';

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** Quotes the text since `start` if necessary: RFC 4180. */
function quote(out: OutputBuffer, start: number): void {
  let needsQuotes = false;
  for (let at = start; at < out.length && !needsQuotes; at++) {
    const byte = out.bytes[at];
    needsQuotes = byte === COMMA || byte === QUOTE;
  }
  if (!needsQuotes) return;
  const text = out.bytes.toString('latin1', start, out.length);
  out.length = start;
  const quoted = Buffer.from(`"${text.replaceAll('"', '""')}"`, 'latin1');
  out.append(quoted);
}

function content(column: Column): Part {
  if (column.kind === 'text') return shownText(column, '');
  if (column.kind === 'list') return shownList(column, '');
  if (column.kind === 'histogram') return shownHistogram(column);
  return (record, out) => {
    if (column.isPresent?.(record) !== false) column.write(record, out);
  };
}

/** A column's cell, after a comma. */
function cell(column: Column, isFirst: boolean): Part {
  const write = content(column);
  return (record, out) => {
    if (!isFirst) out.byte(COMMA);
    const start = out.length;
    write(record, out);
    quote(out, start);
  };
}

/**
 * Comma-separated values with a header, one event per line: numbers and times as in JSON, names escaped as in a table
 * and therefore without line breaks. Absent values are empty.
 */
export class CsvFormat implements Format {
  readonly header: string;
  readonly #cells: readonly Part[];

  constructor(columns: readonly Column[]) {
    this.header = columns.map(({ name }) => name).join(',');
    const cells = columns.map((column, i) => cell(column, i === 0));
    this.#cells = memoized(columns, cells);
  }

  begin(out: OutputBuffer): void {
    out.ascii(this.header);
    out.byte(NEWLINE);
  }

  event(record: Parameters<Part>[0], out: OutputBuffer): void {
    for (const write of this.#cells) write(record, out);
    out.byte(NEWLINE);
  }

  lost(): void {}
}
