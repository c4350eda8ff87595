import assert from 'node:assert/strict';
import { binding, EBUSY, EINVAL, fixture, open, programOf, restoreLog } from './helpers.js';

const DEBUG = 2;

describe('native log', () => {
  afterEach(restoreLog);

  it('hands out all levels, at full length, synchronously', () => {
    const lines: [number, string][] = [];
    binding.setLog((level, text) => lines.push([level, text]), DEBUG);
    const name = 'n'.repeat(5000);
    const object = open();
    assert.equal(object.load(), 0);
    const program = programOf(object, 'handle_sys_enter');
    program.attachRawTracepoint(name);
    program.close();
    object.close();
    assert.ok(lines.some(([level]) => level === 2));
    assert.ok(lines.some(([level, text]) => level === 0 && text.includes(name) && text.endsWith('\n')));
    binding.setLog(null);
    const count = lines.length;
    open().close();
    assert.equal(lines.length, count);
  });

  it('leaves out what is of a higher level', () => {
    const levels = new Set<number>();
    binding.setLog((level) => levels.add(level), 0);
    assert.ok((binding.openObject(new Uint8Array(100), 'x', '', '', '') as number) < 0);
    const object = open();
    assert.equal(object.load(), 0);
    object.close();
    assert.deepEqual([...levels], [0]);
  });

  it('swallows what the receiver throws, and keeps the status', () => {
    let calls = 0;
    binding.setLog(() => {
      calls++;
      throw new Error('from the receiver');
    }, DEBUG);
    assert.ok((binding.openObject(new Uint8Array(100), 'x', '', '', '') as number) < 0);
    open().close();
    assert.ok(calls > 1);
  });

  it('lets the receiver close or use the object that is loading', () => {
    const object = open();
    const seen = new Set<unknown>();
    binding.setLog(() => {
      seen.add(object.load());
      object.close();
      seen.add(object.mapFd('numbers'));
    }, DEBUG);
    assert.equal(object.load(), 0);
    assert.deepEqual([...seen], [EBUSY, -9]);
    assert.equal(object.mapFd('numbers'), -9);
  });

  it('lets the receiver spoil the bytes that are opened', () => {
    const bytes = new Uint8Array(fixture('ring'));
    binding.setLog(() => bytes.fill(0xff), DEBUG);
    const object = binding.openObject(bytes, 'x', '', '', '');
    assert.ok(typeof object === 'object');
    object.close();
  });

  it('takes null or a function', () => {
    assert.throws(() => binding.setLog(undefined as never), TypeError);
    assert.throws(() => binding.setLog(() => {}, 'all' as never), TypeError);
    assert.throws(() => binding.setLog({} as never, DEBUG), TypeError);
    assert.equal(open().mapFd('numbers'), EINVAL);
  });
});
