import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { NativeMap, NativeMapCalls, NativeObject } from '../../src/native/binding.js';
import { binding, EBADF, EBUSY, EINVAL, ENOENT, must, open, Tracer } from './helpers.js';

const key = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const value = (number: bigint) => new Uint8Array(new BigUint64Array([number]).buffer);

/** A map of 4-byte keys and 8-byte values, and the calls that work on its memory. */
class Numbers {
  readonly calls: NativeMapCalls;
  readonly #key: Uint32Array;
  readonly #value: BigUint64Array;

  constructor(map: NativeMap) {
    this.calls = must(map.calls());
    const { memory } = this.calls;
    assert.equal(memory.byteLength, 16);
    this.#key = new Uint32Array(memory, 0, 1);
    this.#value = new BigUint64Array(memory, 8, 1);
  }

  update(of: number, to: bigint, flags = 0): number {
    this.#key[0] = of;
    this.#value[0] = to;
    return this.calls.update(flags);
  }

  /** The value, or a status. */
  lookup(of: number): bigint | number {
    this.#key[0] = of;
    this.#value[0] = 0n;
    const status = this.calls.lookup();
    return status === 0 ? (this.#value[0] as bigint) : status;
  }

  delete(of: number): number {
    this.#key[0] = of;
    return this.calls.delete();
  }

  keys(): number[] {
    const keys: number[] = [];
    while (this.calls.nextKey(keys.length === 0) === 0) keys.push(this.#key[0] ?? 0);
    return keys;
  }
}

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
    const numbers = new Numbers(map);
    for (let i = 1; i <= 5; i++) assert.equal(numbers.update(i, BigInt(i) << 40n), 0);
    assert.equal(numbers.update(1, 0n, 1), -17, 'BPF_NOEXIST');
    assert.equal(numbers.lookup(3), 3n << 40n);
    assert.equal(numbers.delete(3), 0);
    assert.equal(numbers.delete(3), ENOENT);
    assert.equal(numbers.lookup(3), ENOENT);
    assert.deepEqual(numbers.keys().sort(), [1, 2, 4, 5]);
    assert.equal(numbers.calls.nextKey(false), ENOENT);
  });

  it('works on memory of the size that the kernel reads and writes', () => {
    const sizeOf = (name: string) => must(opened(object, name).calls()).memory.byteLength;
    assert.deepEqual([sizeOf('numbers'), sizeOf('per_cpu'), sizeOf('events')], [16, 8 + 8 * binding.possibleCpus(), 0]);
    const numbers = new Numbers(map);
    assert.equal(map.calls(), EBUSY);
    assert.equal(numbers.update(7, 8n), 0);
    assert.equal(numbers.lookup(7), 8n);
  });

  it('leaves its memory when it is closed', () => {
    const numbers = new Numbers(map);
    object.close();
    map.close();
    // Written to, but nothing comes of it.
    assert.equal(numbers.update(1, 2n), EBADF);
  });

  it('describes itself as the kernel does', () => {
    const { id, keyType, valueType, ...info } = must(map.info());
    assert.deepEqual(info, { type: 1, keySize: 4, valueSize: 8, maxEntries: 16, flags: 0, name: 'numbers' });
    assert.ok(id > 0 && keyType > 0 && valueType > 0 && must(map.types()).length > 24);
  });

  describe('in batches', () => {
    const [keys, values] = [new Uint32Array(16), new BigUint64Array(16)];
    const position = new Uint8Array(4);
    const bytes = (array: Uint32Array | BigUint64Array, entries: number) =>
      new Uint8Array(array.buffer, 0, entries * array.BYTES_PER_ELEMENT);
    const read = (room: number, remove: boolean, from = map) =>
      from.readBatch(position, true, bytes(keys, room), bytes(values, room), remove);

    it('reads as many entries as the arrays have room for', () => {
      assert.deepEqual(read(16, false), { status: ENOENT, count: 0 });
      const numbers = new Numbers(map);
      for (let i = 1; i <= 5; i++) assert.equal(numbers.update(i, BigInt(i) << 40n), 0);
      assert.deepEqual(read(0, false), { status: 0, count: 0 });
      for (const remove of [false, true]) {
        assert.deepEqual(read(5, remove), { status: ENOENT, count: 5 });
        assert.deepEqual([...keys.subarray(0, 5)].sort(), [1, 2, 3, 4, 5]);
        for (let i = 0; i < 5; i++) assert.equal(values[i], BigInt(keys[i] ?? 0) << 40n);
      }
      assert.deepEqual(read(16, true), { status: ENOENT, count: 0 });
    });

    it('reads on from where it was', () => {
      const numbers = new Numbers(map);
      for (let i = 1; i <= 16; i++) assert.equal(numbers.update(i, 0n), 0);
      const seen: number[] = [];
      let status = 0;
      for (let isFirst = true; status === 0; isFirst = false) {
        const batch = map.readBatch(position, isFirst, bytes(keys, 8), bytes(values, 8), false);
        status = batch.status;
        seen.push(...keys.subarray(0, batch.count));
      }
      assert.equal(status, ENOENT);
      assert.deepEqual(new Set(seen), new Set(Array.from({ length: 16 }, (_, i) => i + 1)));
    });

    it('writes as many entries as both arrays have', () => {
      keys.set([7, 8, 9]);
      values.set([70n, 80n, 90n]);
      assert.deepEqual(map.writeBatch(bytes(keys, 2), bytes(values, 3)), { status: 0, count: 2 });
      assert.deepEqual(map.writeBatch(bytes(keys, 0), bytes(values, 3)), { status: 0, count: 0 });
      const numbers = new Numbers(map);
      assert.deepEqual(
        [7, 8, 9].map((key) => numbers.lookup(key)),
        [70n, 80n, ENOENT],
      );
    });

    it('has to have room for the position, and entries to read', () => {
      const short = map.readBatch(new Uint8Array(3), true, bytes(keys, 16), bytes(values, 16), false);
      assert.deepEqual(short, { status: EINVAL, count: 0 });
      assert.deepEqual(read(16, false, opened(object, 'events')), { status: EINVAL, count: 0 });
    });
  });

  it('has a descriptor of its own, which outlives the object', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    assert.notEqual(map.fd(), object.mapFd('numbers'));
    const numbers = new Numbers(map);
    assert.equal(numbers.update(1, 7n), 0);
    object.close();
    assert.equal(object.openMap('numbers'), EBADF);
    assert.equal(numbers.lookup(1), 7n);
    const before = descriptors();
    map.close();
    map.close();
    assert.equal(descriptors(), before - 1);
    const { calls } = numbers;
    const results = [map.fd(), map.info(), map.calls(), map.types(), map.freeze(), map.pin('/x'), map.mmap()];
    results.push(map.readBatch(key(0), true, key(0), value(0n), false).status);
    results.push(map.writeBatch(key(0), value(0n)).status);
    results.push(calls.lookupAndDelete());
    results.push(calls.lookup(), calls.update(0), calls.delete(), calls.nextKey(true));
    assert.deepEqual(new Set(results), new Set([EBADF]));
  });

  it('is there once its object is loaded', () => {
    const opened = open();
    assert.equal(opened.openMap('numbers'), EINVAL);
    assert.equal(opened.load(), 0);
    assert.equal(opened.openMap('none'), ENOENT);
    opened.close();
  });

  it('refuses arguments of other types', () => {
    const { calls } = new Numbers(map);
    assert.throws(() => calls.update('0' as never), TypeError);
    assert.throws(() => calls.update(-1), TypeError);
    assert.throws(() => calls.nextKey(null as never), TypeError);
    assert.throws(() => map.readBatch(key(1), true, key(1), null as never, false), TypeError);
    assert.throws(() => map.writeBatch(key(1), null as never), TypeError);
    assert.throws(() => map.calls.call(object as never), TypeError);
  });

  it('reads a slot for every possible CPU', () => {
    const tracer = new Tracer();
    tracer.emit(5);
    const perCpu = opened(tracer.object, 'per_cpu');
    const calls = must(perCpu.calls());
    const slots = new Uint32Array(calls.memory, 8);
    assert.equal(slots.length, binding.possibleCpus() * 2);
    assert.equal(calls.lookup(), 0);
    assert.equal(
      slots.reduce((sum, count) => sum + count, 0),
      5,
    );
    tracer.close();
  });
});
