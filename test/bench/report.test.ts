import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chartOf } from '../../bench/chart.js';
import { BEGIN, END, fillIn, markdownReport } from '../../bench/markdown.js';
import { document } from '../../bench/places.js';
import { textReport } from '../../bench/table.js';
import { short } from '../../bench/units.js';
import { results } from './fixtures.js';

describe('reports of a benchmark', () => {
  it('are a table with medians, extremes, failures, marks and notes', () => {
    const lines = textReport(results).split('\n');
    const line = (start: string) => lines.find((each) => each.startsWith(start))?.split(/\s{2,}/);
    assert.deepEqual(
      line('snoopkit (table)'),
      'snoopkit (table)|1,000|0.00|0|2.20|1.00|0.10|1.50|0.30|210|82'.split('|'),
    );
    assert.deepEqual(line('  largest')?.slice(4, 7), ['0', '2.60', '1.40']);
    assert.deepEqual(line('libbpf-tools (table) *')?.slice(1, 4), ['700', '30.0', '290']);
    assert.deepEqual(line('bpftrace (table)')?.slice(1, 3), ['-', '-']);
    assert.ok(lines.includes('  failed: no first_ns within 30 s: it | broke'));
    assert.ok(lines.some((each) => each.startsWith('* lost more than 1 %')));
    assert.ok(lines.includes('an untraced open: 1.10..1.30 us'));
    assert.ok(lines.includes('snoopkit takes 0.10 (0.10..0.20) of the CPU time that the official SDK takes'));
    assert.deepEqual(line('snoopkit, nothing sent')?.slice(1), '1.00|1.00|500,000|500,000|82|82'.split('|'));
    assert.ok(lines.includes('note: a peer was not compared: it is not there'));
    assert.ok(lines.filter((each) => each.includes('  ')).every((each) => each.length <= 120));
  });

  it('write figures with the digits that say something', () => {
    const values = [0, 0.001, -0.001, 0.034, 1.234, 12.34, 123.4, 12_345];
    assert.deepEqual(values.map(short), ['0.00', '<0.01', '-0.00', '0.03', '1.23', '12.3', '123', '12,345']);
  });

  it('fill in a document between the marks, again and again', () => {
    const once = fillIn(`before\n${BEGIN}\nold\n${END}\nafter\n`, markdownReport(results));
    assert.equal(fillIn(once, markdownReport(results)), once);
    assert.match(once, /^before\n/);
    assert.match(once, /\nafter\n$/);
    assert.doesNotMatch(once, /^old$/m);
    const tables = once.split('\n').filter((line) => line.startsWith('|'));
    const cells = tables.map((line) => line.split(/(?<!\\)\|/).length);
    assert.deepEqual([...new Set(cells)], [13, 6, 7]);
  });

  it('need the marks, which docs/performance.md has', () => {
    assert.throws(() => fillIn('nothing', 'x'), /has no <!-- bench:begin/);
    assert.match(fillIn(readFileSync(document, 'utf8'), 'x'), /-->\nx\n<!--/);
  });

  it('are a chart in well-formed XML, with a bar for each figure that there is', () => {
    const svg = chartOf(results, 'opensnoop');
    const open: string[] = [];
    for (const [tag, slash, name = '', rest = ''] of svg.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g)) {
      if (slash) assert.equal(open.pop(), name, tag);
      else if (!rest.endsWith('/')) open.push(name);
    }
    assert.deepEqual(open, []);
    // What is left has no markup of its own.
    assert.doesNotMatch(svg.replace(/<\/?[a-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, ''), /<|&(?!#\d+;)/);
    assert.equal(svg.match(/<rect class="(ours|peer)/g)?.length, 4 * 2 + 1);
    assert.equal(svg.match(/>failed</g)?.length, 4);
    assert.match(svg, /prefers-color-scheme: dark/);
    assert.doesNotMatch(svg, /NaN|undefined|width="-/);
  });

  it('have no chart of what was not measured', () => {
    assert.throws(() => chartOf(results, 'execsnoop'), RangeError);
  });
});
