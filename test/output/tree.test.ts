import assert from 'node:assert/strict';
import { type Column, EventRecord, type TextList, type TextSpan } from '../../src/events/column.js';
import { TreeFormat, type TreeOptions } from '../../src/output/tree.js';
import { bytes } from './helpers.js';

/** A process as reported by procsnoop, times in seconds. */
interface Told {
  pid: number;
  ppid: number;
  creator?: number;
  from: number;
  to: number;
  run?: number;
  exit?: number;
  signal?: string;
  args?: string[];
  isTruncated?: boolean;
  comm?: string;
  /** By how many seconds the clock had been set when it was told of. */
  step?: number;
}

const NS = 1_000_000_000;
const record = new EventRecord();
let told: Told;
const values: Record<string, () => unknown> = {
  time: () => BigInt((told.to + (told.step ?? 0)) * NS),
  age: () => BigInt((told.to - told.from) * NS),
  run_time: () => (told.run === undefined ? undefined : BigInt(told.run * NS)),
  cpu_time: () => BigInt(NS),
  pid: () => told.pid,
  ppid: () => told.ppid,
  creator: () => told.creator ?? told.ppid,
  exit_code: () => told.exit ?? 0,
  signal: () => told.signal,
};
const args = (_record: EventRecord, { span }: TextList) => {
  const bytes = Buffer.from((told.args ?? []).map((word) => `${word}\0`).join(''));
  span.set(bytes, 0, bytes.length);
  span.isMissing = told.args === undefined;
  span.isTruncated = told.isTruncated ?? false;
};
const comm = (_record: EventRecord, span: TextSpan) => {
  const bytes = Buffer.from(told.comm ?? 'name');
  span.set(bytes, 0, bytes.length);
};
const columns = [
  ...Object.entries(values).map(([name, value]) => ({
    kind: 'plain',
    name,
    value,
    ...(name === 'time' && { bootTime: () => BigInt(told.to * NS) }),
  })),
  { kind: 'list', name: 'args', locate: args },
  { kind: 'text', name: 'comm', locate: comm },
] as unknown as Column[];

function tree(processes: readonly Told[], options: Partial<TreeOptions> = {}): string[] {
  const format = new TreeFormat(columns, { useColor: false, width: undefined, failed: false, ...options });
  for (const process of processes) {
    told = process;
    format.event(record);
  }
  return bytes((out) => format.end(out))
    .toString()
    .split('\n')
    .slice(1, -1);
}

const ROOT = { pid: 1, ppid: 0, from: 0, to: 10, args: ['make'] };

describe('output: a tree of processes', () => {
  it('has each below the one that created it, in the order of their births', () => {
    const lines = tree([
      { pid: 4, ppid: 2, from: 2, to: 3, args: ['cc1', 'a b'] },
      { pid: 3, ppid: 1, from: 5, to: 6, run: 0.5, args: ['late'], exit: 2 },
      { pid: 2, ppid: 1, from: 1, to: 4, args: ['cc'], signal: 'SIGKILL' },
      ROOT,
    ]);
    assert.deepEqual(lines, [
      '   10.00s     1.00s 0          make',
      '    3.00s     1.00s SIGKILL    ├─ cc',
      "    1.00s     1.00s 0          │  └─ cc1 'a b'",
      '    1.00s     1.00s exit 2     └─ late',
      '4 processes, 2 failed',
    ]);
  });

  it('counts TIME since the fork, as CPU is, not since the execution', () => {
    const [line] = tree([{ ...ROOT, run: 0.001 }]);
    assert.equal(line, '   10.00s     1.00s 0          make');
  });

  it('distinguishes processes that had the same id', () => {
    const lines = tree([
      { pid: 2, ppid: 1, from: 1, to: 2, args: ['first'] },
      { pid: 3, ppid: 2, from: 5, to: 6, args: ['child'] },
      { pid: 2, ppid: 1, from: 4, to: 7, args: ['second'] },
      ROOT,
    ]);
    assert.deepEqual(
      lines.map((line) => line.slice(31)),
      ['make', '├─ first', '└─ second', '   └─ child', ''],
    );
  });

  it('stays one while the clock is set', () => {
    const lines = tree([
      { pid: 2, ppid: 1, from: 1, to: 2, args: ['first'], step: 86_400 },
      { pid: 4, ppid: 3, from: 4, to: 5, args: ['child'], step: -86_400 },
      { pid: 3, ppid: 1, from: 3, to: 6, args: ['second'] },
      { ...ROOT, step: 3600 },
    ]);
    assert.deepEqual(
      lines.map((line) => line.slice(31)),
      ['make', '├─ first', '└─ second', '   └─ child', ''],
    );
  });

  it('goes by the creator, not by who is the parent at the end', () => {
    const lines = tree([{ pid: 2, ppid: 900, creator: 1, from: 1, to: 20 }, ROOT]);
    assert.deepEqual(
      lines.map((line) => line.slice(31)),
      ['make', '└─ (name)', ''],
    );
  });

  it('begins anew with those whose creator is not among them', () => {
    const lines = tree([ROOT, { pid: 2, ppid: 900, from: 1, to: 2, args: ['other'] }]);
    assert.deepEqual(
      lines.map((line) => line.slice(31)),
      ['make', 'other', ''],
    );
  });

  it('says where arguments are missing', () => {
    const [line = ''] = tree([{ ...ROOT, isTruncated: true }]);
    assert.equal(line.slice(31), 'make...[truncated]');
  });

  it('has names that no terminal obeys', () => {
    const { args: _none, ...nameless } = ROOT;
    const lines = tree([{ ...nameless, comm: '\u001b[2J' }]);
    assert.equal(lines[0]?.slice(31), '(\\x1b[2J)');
  });

  it('cuts what is wider than the terminal', () => {
    const long = { ...ROOT, args: ['make', 'é'.repeat(100)] };
    const [line = ''] = tree([long], { width: 80 });
    assert.equal([...line].length, 80);
    assert.match(line, /…$/);
  });

  it('has of those that did not fail only what led to failures', () => {
    const lines = tree(
      [
        { pid: 4, ppid: 2, from: 2, to: 3, args: ['bad'], exit: 1 },
        { pid: 3, ppid: 1, from: 5, to: 6, args: ['good'] },
        { pid: 2, ppid: 1, from: 1, to: 4, args: ['between'] },
        ROOT,
      ],
      { failed: true },
    );
    assert.deepEqual(
      lines.map((line) => line.slice(31)),
      ['make', '└─ between', '   └─ bad', ''],
    );
    assert.deepEqual(tree([ROOT], { failed: true }), ['1 process, 0 failed']);
  });

  it('is as deep as it has to be', () => {
    const chain = Array.from({ length: 3000 }, (_, i) => ({ pid: i + 1, ppid: i, from: i, to: 3000, args: ['x'] }));
    assert.equal(tree(chain, { width: 80 }).length, 3001);
    const failed = chain.map((process, i) => (i === 2999 ? { ...process, exit: 1 } : process));
    assert.equal(tree(failed, { width: 80, failed: true }).length, 3001);
  });

  it('marks failures in colour', () => {
    assert.ok(tree([{ ...ROOT, exit: 2 }], { useColor: true })[0]?.includes('\u001b[31mexit 2'));
  });
});
