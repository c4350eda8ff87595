import type { EventRecord, HistogramColumn } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';

/**
 * Writes a histogram in one line, as `FROM-TO:COUNT` for each bucket that is not empty, separated by blanks. Returns
 * the width in columns.
 */
export function shownHistogram(column: HistogramColumn): (record: EventRecord, out: OutputBuffer) => number {
  return (record, out) => {
    const { buckets } = column.value(record);
    const words = buckets.flatMap(({ from, to, count }) => (count === 0 ? [] : [`${from}-${to ?? ''}:${count}`]));
    const text = words.join(' ');
    out.ascii(text);
    return text.length;
  };
}

/** Maximum width of a drawing, and minimum width of a bar, in columns. */
const WIDTH = 79;
const LEAST = 4;
const BORDER = 6;
const COUNT = 10;
const MARGIN = 2 * BORDER + ' - '.length + COUNT + 2;
const UNITS = ['ns', 'us', 'ms', 's'] as const;

/** A bound of buckets with its unit: three or four digits. */
function border(ns: number): string {
  let [value, unit] = [ns, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${UNITS[unit]}`;
}

/** A bar of this width, to half a column. Any value above 0 is visible. */
function bar(columns: number): string {
  const halves = Math.max(1, Math.round(columns * 2));
  return '█'.repeat(halves >> 1) + (halves % 2 === 1 ? '▌' : '');
}

/** Draws a histogram, one line per bucket, below a title, in at most `width` columns. */
export function drawHistogram(column: HistogramColumn, record: EventRecord, out: OutputBuffer, width = WIDTH): void {
  const { buckets } = column.value(record);
  if (buckets.length === 0) {
    out.ascii(`${column.name.toUpperCase()}: no data\n`);
    return;
  }
  const room = Math.max(LEAST, Math.min(width, WIDTH) - MARGIN);
  const most = Math.max(...buckets.map(({ count }) => count));
  const title = column.name.toUpperCase();
  out.ascii(`${title.padStart(2 * BORDER + 3)} ${'COUNT'.padStart(COUNT)}\n`);
  for (const { from, to, count } of buckets) {
    const range = `${border(from).padStart(BORDER)} - ${to === undefined ? '' : border(to)}`.padEnd(2 * BORDER + 3);
    out.ascii(`${range} ${String(count).padStart(COUNT)}`);
    out.utf8(count === 0 ? '\n' : ` ${bar((room * count) / most)}\n`);
  }
}
