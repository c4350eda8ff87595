import assert from 'node:assert/strict';
import type { NativeObject } from '../../src/native/binding.js';
import { binding, EINVAL, ENOENT, ENOSPC, open, Tracer } from './helpers.js';

const key = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const value = (number: bigint) => new Uint8Array(new BigUint64Array([number]).buffer);

describe('native map', () => {
  let object: NativeObject;
  let fd: number;
  beforeEach(() => {
    object = open();
    assert.equal(object.load(), 0);
    fd = object.mapFd('numbers');
  });
  afterEach(() => {
    object.close();
  });

  it('updates, looks up, walks and deletes', () => {
    for (let i = 1; i <= 5; i++) assert.equal(binding.mapUpdate(fd, key(i), value(BigInt(i) << 40n), 0), 0);
    assert.equal(binding.mapUpdate(fd, key(1), value(0n), 1), -17, 'BPF_NOEXIST');
    const found = value(0n);
    assert.equal(binding.mapLookup(fd, key(3), found), 0);
    assert.deepEqual(found, value(3n << 40n));
    assert.equal(binding.mapDelete(fd, key(3)), 0);
    assert.equal(binding.mapDelete(fd, key(3)), ENOENT);
    assert.equal(binding.mapLookup(fd, key(3), found), ENOENT);
    const keys: number[] = [];
    const next = key(0);
    let previous: Uint8Array | null = null;
    while (binding.mapNextKey(fd, previous, next) === 0) {
      keys.push(next[0] ?? 0);
      previous = next.slice();
    }
    assert.deepEqual(keys.sort(), [1, 2, 4, 5]);
    assert.equal(binding.mapNextKey(fd, previous, next), ENOENT);
  });

  it('refuses arrays of another size than the kernel would read and write', () => {
    for (const length of [0, 3, 5]) assert.equal(binding.mapLookup(fd, new Uint8Array(length), value(0n)), EINVAL);
    for (const length of [0, 7, 9]) {
      assert.equal(binding.mapLookup(fd, key(1), new Uint8Array(length)), EINVAL);
      assert.equal(binding.mapUpdate(fd, key(1), new Uint8Array(length), 0), EINVAL);
    }
    assert.equal(binding.mapNextKey(fd, key(1), new Uint8Array(3)), EINVAL);
    assert.equal(binding.mapNextKey(fd, null, new Uint8Array(3)), EINVAL);
    assert.equal(binding.mapDelete(fd, new Uint8Array(2)), EINVAL);
    assert.equal(binding.mapLookup(object.mapFd('per_cpu'), key(0), key(0)), EINVAL);
  });

  it('reads all entries at once, as many as the arrays have room for', () => {
    const [keys, values] = [new Uint32Array(16), new BigUint64Array(16)];
    const bytes = (array: Uint32Array | BigUint64Array, entries: number) =>
      new Uint8Array(array.buffer, 0, entries * array.BYTES_PER_ELEMENT);
    const read = (room: number, remove: boolean) =>
      binding.mapReadAll(fd, bytes(keys, room), bytes(values, room), remove);
    assert.equal(read(16, false), 0);
    for (let i = 1; i <= 5; i++) assert.equal(binding.mapUpdate(fd, key(i), value(BigInt(i) << 40n), 0), 0);
    for (const room of [0, 4]) assert.equal(read(room, false), ENOSPC);
    for (const remove of [false, true]) {
      assert.equal(read(5, remove), 5);
      assert.deepEqual([...keys.subarray(0, 5)].sort(), [1, 2, 3, 4, 5]);
      for (let i = 0; i < 5; i++) assert.equal(values[i], BigInt(keys[i] ?? 0) << 40n);
    }
    assert.equal(read(16, true), 0);
    // Keys without values are none.
    assert.equal(binding.mapReadAll(fd, bytes(keys, 16), bytes(values, 0), false), ENOSPC);
    assert.equal(binding.mapReadAll(object.mapFd('events'), bytes(keys, 16), bytes(values, 16), false), EINVAL);
    assert.ok(binding.mapReadAll(-1, bytes(keys, 16), bytes(values, 16), false) < 0);
  });

  it('refuses fds that are no map', () => {
    assert.ok(binding.mapLookup(-1, key(1), value(0n)) < 0);
    assert.ok(binding.mapLookup(0, key(1), value(0n)) < 0);
    assert.throws(() => binding.mapLookup(Number.NaN, key(1), value(0n)), TypeError);
    assert.throws(() => binding.mapLookup(fd, key(1), null as never), TypeError);
  });

  it('reads a slot for every possible CPU', () => {
    const tracer = new Tracer();
    tracer.emit(5);
    const slots = new Uint32Array(binding.possibleCpus() * 2);
    assert.equal(binding.mapLookup(tracer.object.mapFd('per_cpu'), key(0), new Uint8Array(slots.buffer)), 0);
    assert.equal(
      slots.reduce((sum, count) => sum + count, 0),
      5,
    );
    tracer.close();
  });
});
