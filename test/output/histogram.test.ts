import assert from 'node:assert/strict';
import type { Bucket, HistogramColumn } from '../../src/events/column.js';
import { CsvFormat } from '../../src/output/csv.js';
import { JsonFormat } from '../../src/output/json.js';
import { drawHistogram } from '../../src/output/shown-histogram.js';
import { TableFormat } from '../../src/output/table.js';
import { bytes, record } from './helpers.js';

/** Powers of two of nanoseconds from 2^first on, with these counts. */
function took(first: number, ...counts: number[]): HistogramColumn {
  const buckets = counts.map((count, i): Bucket => ({ from: 2 ** (first + i), to: 2 ** (first + i + 1), count }));
  const count = counts.reduce((sum, one) => sum + one, 0);
  const value = () => ({ unit: 'ns', count, sum: 2n ** 60n, buckets }) as const;
  return { kind: 'histogram', json: 'object', type: 'Histogram', name: 'took', width: 20, align: 'left', value };
}

const draw = (column: HistogramColumn) => bytes((out) => drawHistogram(column, record, out)).toString();

describe('output: histograms', () => {
  it('are exact in JSON, with their sum as a string', () => {
    const line = bytes((out) => new JsonFormat('row', [took(10, 3, 0, 1)]).event(record, out)).toString();
    assert.equal(
      line,
      '{"event":"row","took":{"unit":"ns","count":4,"sum":"1152921504606846976","buckets":[{"from":1024,"to":2048,"count":3},{"from":2048,"to":4096,"count":0},{"from":4096,"to":8192,"count":1}]}}\n',
    );
  });

  it('are one word for each bucket in CSV, and in the row of a table', () => {
    const row = (column: HistogramColumn) => [
      bytes((out) => new CsvFormat([column]).event(record, out)).toString(),
      bytes((out) => new TableFormat([column], false).event(record, out)).toString(),
    ];
    assert.deepEqual(row(took(0, 3, 0, 1)), ['1-2:3 4-8:1\n', '1-2:3 4-8:1\n']);
    assert.deepEqual(row(took(0)), ['\n', '\n']);
  });

  it('are drawn as bars, with borders in units that fit', () => {
    assert.equal(
      draw(took(18, 2, 8, 0, 1, 10_000)),
      [
        '           TOOK      COUNT',
        ' 262us - 524us           2 ▌',
        ' 524us - 1.05ms          8 ▌',
        '1.05ms - 2.10ms          0',
        '2.10ms - 4.19ms          1 ▌',
        `4.19ms - 8.39ms      10000 ${'█'.repeat(52)}`,
        '',
      ].join('\n'),
    );
  });

  it('are drawn in proportion', () => {
    const lines = draw(took(0, 50, 100, 1)).split('\n');
    assert.equal(lines[1], `   1ns - 2ns            50 ${'█'.repeat(26)}`);
    assert.equal(lines[2], `   2ns - 4ns           100 ${'█'.repeat(52)}`);
    assert.equal(lines[3], '   4ns - 8ns             1 ▌');
  });

  it('fit in 80 columns, where nothing takes more than a day', () => {
    const counts = Array.from({ length: 46 }, (_, i) => (i % 7 === 0 ? 9_999_999_999 : i));
    for (const line of draw(took(0, ...counts)).split('\n')) assert.ok([...line].length <= 80, line);
  });

  it('may have a bucket without an end, or be empty', () => {
    const last: HistogramColumn = {
      ...took(0),
      value: () => ({ unit: 'ns', count: 1, sum: 1n, buckets: [{ from: 2 ** 52, to: undefined, count: 1 }] }),
    };
    assert.match(draw(last), /\n4503600s - +1 █+\n$/);
    const line = bytes((out) => new JsonFormat('row', [last]).event(record, out)).toString();
    assert.match(line, /"buckets":\[\{"from":4503599627370496,"count":1\}\]/);
    assert.equal(draw(took(0)), 'TOOK: no data\n');
  });
});
