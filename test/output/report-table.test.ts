import assert from 'node:assert/strict';
import type { EventRecord, HistogramColumn, PlainColumn } from '../../src/events/column.js';
import { Rows } from '../../src/events/rows.js';
import { ReportTable } from '../../src/output/report-table.js';
import { bytes, numberColumn } from './helpers.js';

/** The first byte of a row. */
const first = ({ view, offset }: EventRecord) => view.getUint8(offset);
const number: PlainColumn = numberColumn({ value: first, write: (record, out) => out.integer(first(record)) });
const took: HistogramColumn = {
  kind: 'histogram',
  type: 'Histogram',
  json: 'object',
  name: 'took',
  width: 20,
  align: 'left',
  value: (record) => ({
    unit: 'ns',
    count: first(record),
    sum: 0n,
    buckets: [{ from: 1, to: 2, count: first(record) }],
  }),
};
const plain = { useColor: false, hasTitle: false, isScreen: false, width: () => undefined };

function show(table: ReportTable, ...reports: number[][]): string {
  return bytes((out) => {
    table.begin();
    for (const values of reports) table.report({ rows: new Rows(Buffer.from(values), 1), title: 'title' }, out);
  }).toString();
}

describe('output: tables of reports', () => {
  it('stand one below the other, each under a header', () => {
    const table = new ReportTable([number], plain);
    assert.equal(show(table, [7, 255], [], [1]), ' NUMBER\n      7\n    255\n\n NUMBER\n\n NUMBER\n      1\n');
  });

  it('have a title where there are several', () => {
    const table = new ReportTable([number], { ...plain, hasTitle: true });
    assert.equal(show(table, [7], [8]), 'title\n NUMBER\n      7\n\ntitle\n NUMBER\n      8\n');
  });

  it('take the place of the one before on a screen, where no line goes on in the next', () => {
    const table = new ReportTable([number], { ...plain, useColor: true, hasTitle: true, isScreen: true });
    const screen = (value: number) => `\x1b[H\x1b[J\x1b[?7ltitle\n\x1b[1m NUMBER\x1b[22m\n      ${value}\n\x1b[?7h`;
    assert.equal(show(table, [7], [8]), screen(7) + screen(8));
  });

  for (const [width, columns] of [
    [31, 4],
    [40, 13],
    [60, 33],
    [79, 52],
    [200, 52],
  ] as const)
    it(`draw bars that fit a terminal of ${width} columns`, () => {
      const lines = show(new ReportTable([took], { ...plain, width: () => width }), [7]).split('\n');
      assert.equal(lines[1], `   1ns - 2ns             7 ${'█'.repeat(columns)}`);
      for (const line of lines) assert.ok([...line].length <= width, line);
    });

  it('draw a histogram below each row', () => {
    const bars = (value: number) =>
      `           TOOK      COUNT\n   1ns - 2ns  ${String(value).padStart(12)} ${'█'.repeat(52)}\n`;
    assert.equal(
      show(new ReportTable([number, took], plain), [7, 8]),
      ` NUMBER\n      7\n${bars(7)}\n NUMBER\n      8\n${bars(8)}`,
    );
    assert.equal(show(new ReportTable([took], plain), [7], [9]), `${bars(7)}\n${bars(9)}`);
    for (const columns of [[number, took], [took]])
      assert.equal(show(new ReportTable(columns, plain), []), 'no data\n');
    const empty: HistogramColumn = { ...took, value: () => ({ unit: 'ns', count: 0, sum: 0n, buckets: [] }) };
    assert.equal(show(new ReportTable([empty], plain), [7]), 'TOOK: no data\n');
  });
});
