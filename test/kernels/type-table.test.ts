import assert from 'node:assert/strict';
import type { KernelResult, TestLine } from './results.js';
import { typeTables } from './type-table.js';
import { NOT_TESTED, SUBJECTS, type Subject, titleWith } from './types.js';

const result = (kernel: string, ...tests: TestLine[]): KernelResult => ({
  kernel,
  suite: kernel,
  release: `${kernel}.1`,
  tested: '2026-11-29',
  passed: 0,
  failed: 0,
  skipped: 0,
  seconds: 5,
  problems: [],
  tests,
});
const test = (state: TestLine['state'], proofs: Parameters<typeof titleWith>[1], reason?: string): TestLine => ({
  state,
  title: `bpf: ${titleWith('it works', proofs)}`,
  ...(reason !== undefined && { reason }),
});

/** Cells of a row, by kernel; with the reason in place of its number. */
function rowOf(document: string, row: string): Record<string, string> {
  const lines = document.split('\n');
  const index = lines.findIndex((line) => line.startsWith(`| ${row} |`));
  const split = (line = '') =>
    line
      .split(/(?<!\\)\|/)
      .slice(2, -1)
      .map((cell) => cell.trim());
  const head = lines.slice(0, index).findLast((_, i) => lines[i + 1]?.startsWith('| ---'));
  const reason = (_: string, number: string) => ` (${lines.find((line) => line.startsWith(`${number}. `))?.slice(3)})`;
  return Object.fromEntries(
    split(head).map((kernel, i) => [kernel, (split(lines[index])[i] as string).replace(/ \((\d+)\)$/, reason)]),
  );
}

describe('kernels: tables of types', () => {
  it('have a row for each type, a column for each kernel and the host', () => {
    const tables = typeTables([]);
    const rows = tables.split('\n').filter((line) => line.startsWith('| `'));
    assert.deepEqual(
      rows.map((row) => row.split('`')[1]),
      SUBJECTS,
    );
    assert.deepEqual(rowOf(tables, '`map hash`'), {
      '5.10': 'not run',
      '6.1': 'not run',
      '6.12': 'not run',
      '7.2': 'not run',
      '6.1-arm64': 'not run',
      '6.12-arm64': 'not run',
      host: 'not run',
    });
  });

  it('show effects, failures, and what was missing', () => {
    const tables = typeTables([
      result(
        '6.1',
        test('passed', { 'xdp generic': 'dropped', 'map devmap': 'redirected' }),
        test('passed', { 'xdp generic': 'counted' }),
        test('passed', { 'xdp generic': 'counted' }),
        test('skipped', { 'xdp generic': 'native' }, 'veth: none'),
        test('skipped', { netfilter: 'dropped' }, 'netfilter: too old | or broken'),
        test('retried', { syscall: 'run' }),
        test('passed', { syscall: 'run' }),
        test('failed', { 'map hash': 'read' }, 'it is\nbroken'),
        test('passed', { 'map hash': 'read' }),
      ),
      result('host', test('skipped', { netfilter: 'dropped' }, 'netfilter: too old | or broken')),
    ]);
    const cell = (row: Subject | string, kernel = '6.1') => rowOf(tables, row)[kernel];
    assert.equal(cell('`xdp generic`'), 'dropped, counted');
    assert.equal(cell('`map devmap`'), 'redirected');
    assert.equal(cell('`netfilter`'), '- (netfilter: too old | or broken)');
    assert.equal(cell('`netfilter`', 'host'), '- (netfilter: too old | or broken)');
    assert.equal(tables.split('too old').length, 2, 'each reason once');
    assert.equal(cell('`syscall`'), 'run');
    assert.equal(cell('`map hash`'), 'fails (it is)');
    assert.equal(cell('`map array`'), 'not run');
    assert.deepEqual(
      ['release', 'tested'].map((row) => cell(row)),
      ['6.1.1', '2026-11-29'],
    );
    for (const [subject, reason] of Object.entries(NOT_TESTED))
      assert.equal(cell(`\`${subject}\``), `- (not tested: ${reason})`);
  });

  it('keep cells of which a run says nothing', () => {
    const first = typeTables([
      result('5.10', test('passed', { 'map hash': 'read' }), test('skipped', { syscall: 'run' }, 'a: b')),
      result('6.12-arm64', test('skipped', { syscall: 'run' }, 'c: d'), test('passed', { 'map array': 'read' })),
    ]);
    assert.equal(typeTables([], first), first);
    const second = typeTables([result('5.10', test('passed', { syscall: 'run' }))], first);
    assert.equal(rowOf(second, '`syscall`')['5.10'], 'run');
    assert.equal(rowOf(second, '`syscall`')['6.12-arm64'], '- (c: d)');
    assert.equal(rowOf(second, '`map hash`')['5.10'], 'read');
    assert.equal(rowOf(second, '`map array`')['6.12-arm64'], 'read');
    assert.ok(!second.includes('a: b'));
    const missing: KernelResult = { ...result('5.10'), problems: ['offline'] };
    const { release: _, ...unbooted } = missing;
    assert.equal(typeTables([unbooted], second), second);
  });
});
