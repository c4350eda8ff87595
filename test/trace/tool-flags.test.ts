import assert from 'node:assert/strict';
import type { OpenedObject } from '../../src/bpf/object.js';
import { flagLabel } from '../../src/cli/flags/label.js';
import { UsageError } from '../../src/errors.js';
import type { GivenFlags } from '../../src/trace/flags/flag.js';
import { flagsInUse, type ToolDefinition } from '../../src/trace/tool.js';
import { applyFlags, envNames, flagValues } from '../../src/trace/tool-flags.js';

const tool = {
  flags: {
    all: { summary: 'all', sets: 'want_all', fields: ['more'] },
    room: {
      takes: 'size',
      default: '1K',
      most: 64 << 10,
      room: ['big', 'small'],
      fits: ['big', 1 << 20],
      summary: 'room',
      sets: 'room',
    },
    env: { takes: 'names', summary: 'variables', sets: 'want_env', fields: ['env'] },
    least: { takes: 'duration', summary: 'time', sets: 'least' },
    pid: { takes: 'pids', summary: 'processes', sets: 'pids' },
    text: { takes: 'comms', summary: 'names', sets: 'texts' },
    signal: { takes: 'signals', summary: 'signals', sets: 'signals' },
    status: { takes: 'statuses', summary: 'statuses', sets: 'statuses' },
    open: { takes: 'open-flags', summary: 'flags', sets: 'open_flags' },
  },
} as unknown as ToolDefinition;

/** Applies flags to an object with the constants and maps of the tool. */
function apply(given: GivenFlags, fields: readonly string[] = []) {
  const constants: Record<string, unknown> = {};
  const big = { valueSize: 24, maxEntries: 4096 };
  const small = { valueSize: 8, maxEntries: 2 };
  const values = flagValues(tool, flagsInUse(tool, given, fields, flagLabel), given, flagLabel);
  applyFlags(tool, values, {
    globals: { need: (name: string) => ({ set: (value: unknown) => Object.assign(constants, { [name]: value }) }) },
    maps: { need: (name: string) => ({ big, small })[name] },
  } as unknown as OpenedObject);
  return { constants, big, small, names: envNames(tool, values) };
}

describe('cli: the flags of a tool', () => {
  it('set nothing that was not asked for', () => {
    const { constants, big, names } = apply({ all: false });
    assert.deepEqual([constants, big, names], [{}, { valueSize: 24, maxEntries: 4096 }, []]);
  });

  it('are set, too, by a column that is there with them alone', () => {
    assert.deepEqual(apply({}, ['more']).constants, { want_all: true });
    assert.deepEqual(apply({ all: true }).constants, { want_all: true });
  });

  it('say what a column wants to know', () => {
    assert.throws(
      () => apply({}, ['env']),
      (error) => error instanceof UsageError && error.message === '--fields env needs --env',
    );
  });

  it('take names', () => {
    const { constants, names } = apply({ env: 'PATH, HOME' });
    assert.deepEqual([constants, names], [{ want_env: true }, ['PATH', 'HOME']]);
    for (const env of ['', 'A,,B', 'A=1']) assert.throws(() => apply({ env }), UsageError);
  });

  it('take times', () => {
    assert.deepEqual(apply({ least: '1.5' }).constants, { least: 1_500_000_000n });
    assert.throws(() => apply({ least: 'soon' }), UsageError);
  });

  it('take sizes, and make room for them, in not more memory than is meant for it', () => {
    const little = apply({ room: '100' });
    assert.deepEqual(little.constants, { room: 100 });
    assert.deepEqual(
      [little.big, little.small],
      [
        { valueSize: 124, maxEntries: 4096 },
        { valueSize: 108, maxEntries: 2 },
      ],
    );
    assert.equal(apply({ room: '1K' }).big.maxEntries, Math.floor((1 << 20) / 1048));
    assert.equal(apply({ room: '64K' }).big.maxEntries, 256);
    assert.throws(() => apply({ room: '65K' }), UsageError);
  });

  it('take processes', () => {
    assert.deepEqual(apply({ pid: ['1,2', '3'] }).constants, { pids: [1, 2, 3] });
    for (const pid of [['0'], ['one'], [''], [Array.from({ length: 17 }, (_, i) => i + 1).join()]])
      assert.throws(() => apply({ pid }), UsageError, pid.join());
  });

  it('take parts of names', () => {
    assert.deepEqual(apply({ text: ['a,b', 'c d'] }).constants, { texts: ['a,b', 'c d'] });
    for (const text of [[''], ['sixteen-bytes-..'], Array(17).fill('x')])
      assert.throws(
        () => apply({ text }),
        (error) => error instanceof UsageError && error.message.startsWith('--text'),
      );
  });

  it('take signals', () => {
    assert.deepEqual(apply({ signal: ['1'] }).constants, { signals: 1n });
    assert.deepEqual(apply({ signal: ['KILL,sigterm', 'RTMIN+30'] }).constants, {
      signals: (1n << 8n) | (1n << 14n) | (1n << 63n),
    });
    for (const signal of ['0', '65', '', 'KILL,', 'NONE', '-9'])
      assert.throws(() => apply({ signal: [signal] }), UsageError);
  });

  it('take statuses, and ranges of them', () => {
    assert.deepEqual(apply({ status: ['0,1'] }).constants, { statuses: [3n, 0n, 0n, 0n] });
    const all = (1n << 64n) - 1n;
    assert.deepEqual(apply({ status: ['63-64', '128-255'] }).constants, { statuses: [1n << 63n, 1n, all, all] });
    for (const status of ['256', '-1', '2-1', '1-', '1-2-3', '', 'x'])
      assert.throws(() => apply({ status: [status] }), UsageError);
  });

  it('take flags of open(2)', () => {
    assert.deepEqual(apply({ open: ['O_RDONLY,creat', 'O_SYNC'] }).constants, {
      open_flags: [
        { mask: 3, value: 0 },
        { mask: 0o100, value: 0o100 },
        { mask: 0o4010000, value: 0o4010000 },
      ],
    });
    for (const open of ['', 'O_', 'O_NONE', '64', Array(17).fill('O_CREAT').join()])
      assert.throws(() => apply({ open: [open] }), UsageError);
  });
});
