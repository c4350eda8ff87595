import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { NativeMap, NativeObject } from '../../src/native/binding.js';
import { binding, EINVAL, ENOENT, ENOSPC, must, open, Tracer } from './helpers.js';

const key = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const value = (number: bigint) => new Uint8Array(new BigUint64Array([number]).buffer);

describe('native map', () => {
  let object: NativeObject;
  let map: NativeMap;
  const maps: NativeMap[] = [];
  const opened = (from: NativeObject, name: string) => {
    maps.push(must(from.openMap(name)));
    return maps.at(-1) as NativeMap;
  };
  beforeEach(() => {
    object = open();
    assert.equal(object.load(), 0);
    map = opened(object, 'numbers');
  });
  afterEach(() => {
    object.close();
    for (const one of maps.splice(0)) one.close();
  });

  it('updates, looks up, walks and deletes', () => {
    for (let i = 1; i <= 5; i++) assert.equal(map.update(key(i), value(BigInt(i) << 40n), 0), 0);
    assert.equal(map.update(key(1), value(0n), 1), -17, 'BPF_NOEXIST');
    const found = value(0n);
    assert.equal(map.lookup(key(3), found), 0);
    assert.deepEqual(found, value(3n << 40n));
    assert.equal(map.delete(key(3)), 0);
    assert.equal(map.delete(key(3)), ENOENT);
    assert.equal(map.lookup(key(3), found), ENOENT);
    const keys: number[] = [];
    const next = key(0);
    let previous: Uint8Array | null = null;
    while (map.nextKey(previous, next) === 0) {
      keys.push(next[0] ?? 0);
      previous = next.slice();
    }
    assert.deepEqual(keys.sort(), [1, 2, 4, 5]);
    assert.equal(map.nextKey(previous, next), ENOENT);
  });

  it('refuses arrays of another size than the kernel would read and write', () => {
    for (const length of [0, 3, 5]) assert.equal(map.lookup(new Uint8Array(length), value(0n)), EINVAL);
    for (const length of [0, 7, 9]) {
      assert.equal(map.lookup(key(1), new Uint8Array(length)), EINVAL);
      assert.equal(map.update(key(1), new Uint8Array(length), 0), EINVAL);
    }
    assert.equal(map.nextKey(key(1), new Uint8Array(3)), EINVAL);
    assert.equal(map.nextKey(null, new Uint8Array(3)), EINVAL);
    assert.equal(map.delete(new Uint8Array(2)), EINVAL);
    assert.equal(opened(object, 'per_cpu').lookup(key(0), key(0)), EINVAL);
  });

  it('reads all entries at once, as many as the arrays have room for', () => {
    const [keys, values] = [new Uint32Array(16), new BigUint64Array(16)];
    const bytes = (array: Uint32Array | BigUint64Array, entries: number) =>
      new Uint8Array(array.buffer, 0, entries * array.BYTES_PER_ELEMENT);
    const read = (room: number, remove: boolean) => map.readAll(bytes(keys, room), bytes(values, room), remove);
    assert.equal(read(16, false), 0);
    for (let i = 1; i <= 5; i++) assert.equal(map.update(key(i), value(BigInt(i) << 40n), 0), 0);
    for (const room of [0, 4]) assert.equal(read(room, false), ENOSPC);
    for (const remove of [false, true]) {
      assert.equal(read(5, remove), 5);
      assert.deepEqual([...keys.subarray(0, 5)].sort(), [1, 2, 3, 4, 5]);
      for (let i = 0; i < 5; i++) assert.equal(values[i], BigInt(keys[i] ?? 0) << 40n);
    }
    assert.equal(read(16, true), 0);
    // Keys without values are none.
    assert.equal(map.readAll(bytes(keys, 16), bytes(values, 0), false), ENOSPC);
    assert.equal(opened(object, 'events').readAll(bytes(keys, 16), bytes(values, 16), false), EINVAL);
  });

  it('has a descriptor of its own, which outlives the object', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    assert.notEqual(map.fd(), object.mapFd('numbers'));
    assert.equal(map.update(key(1), value(7n), 0), 0);
    object.close();
    assert.equal(object.openMap('numbers'), -9);
    const found = value(0n);
    assert.equal(map.lookup(key(1), found), 0);
    assert.deepEqual(found, value(7n));
    const before = descriptors();
    map.close();
    map.close();
    assert.equal(descriptors(), before - 1);
    const calls = [map.fd(), map.lookup(key(1), found), map.update(key(1), found, 0), map.delete(key(1))];
    calls.push(map.nextKey(null, key(0)), map.readAll(key(0), found, false));
    assert.deepEqual(new Set(calls), new Set([-9]));
  });

  it('is there once its object is loaded', () => {
    const opened = open();
    assert.equal(opened.openMap('numbers'), EINVAL);
    assert.equal(opened.load(), 0);
    assert.equal(opened.openMap('none'), ENOENT);
    opened.close();
  });

  it('refuses what is no array', () => {
    assert.throws(() => map.lookup(key(1), null as never), TypeError);
    assert.throws(() => map.lookup.call(object as never, key(1), value(0n)), TypeError);
  });

  it('reads a slot for every possible CPU', () => {
    const tracer = new Tracer();
    tracer.emit(5);
    const slots = new Uint32Array(binding.possibleCpus() * 2);
    assert.equal(opened(tracer.object, 'per_cpu').lookup(key(0), new Uint8Array(slots.buffer)), 0);
    assert.equal(
      slots.reduce((sum, count) => sum + count, 0),
      5,
    );
    tracer.close();
  });
});
