import assert from 'node:assert/strict';
import { BpfError } from '../../src/bpf/errors.js';
import { UPDATE } from '../../src/bpf/map.js';
import type { BpfObject } from '../../src/bpf/object.js';
import { BtfError } from '../../src/btf/index.js';
import { needs } from '../capability.js';
import { load } from './helpers.js';

describe('bpf: maps', () => {
  let object: BpfObject;
  beforeEach(function () {
    needs(this, 'root');
    object = load('maps');
  });
  afterEach(() => object?.close());

  const bin = { device: 8, name: 'bin', inode: -1n };
  const etc = { device: 8, name: 'etc', inode: 2n ** 40n };
  const score = (hits: number, seen = false) => ({ hits, parts: [1, 2, 65535], seen });

  it('have structs as keys and values', () => {
    const places = object.maps.need('places');
    assert.equal(places.get(bin), undefined);
    places.set(bin, score(1));
    places.set(etc, score(4294967295, true));
    assert.deepEqual(places.get(bin), score(1));
    assert.deepEqual(places.get(etc), score(4294967295, true));
    places.set(bin, score(7));
    assert.deepEqual(places.get(bin), score(7));
    assert.equal(places.get({ ...bin, name: 'sbin' }), undefined);
  });

  it('can be walked through', () => {
    const places = object.maps.need('places');
    assert.deepEqual([...places], []);
    places.set(bin, score(1));
    places.set(etc, score(2));
    const byName = new Map([...places].map(([key, value]) => [(key as typeof bin).name, value]));
    assert.deepEqual(
      byName,
      new Map(
        [
          ['bin', score(1)],
          ['etc', score(2)],
        ].map(([k, v]) => [k as string, v as never]),
      ),
    );
    assert.deepEqual([...places.keys()].map((key) => (key as typeof bin).inode).sort(), [-1n, 2n ** 40n]);
  });

  it('can be emptied while walked through', () => {
    const places = object.maps.need('places');
    for (let i = 0; i < 4; i++) places.set({ ...bin, device: i }, score(i));
    for (const key of places.keys()) places.delete(key);
    assert.deepEqual([...places], []);
  });

  it('can be read in one call, and be empty then', () => {
    const places = object.maps.need('places');
    assert.deepEqual(places.readAll(), []);
    for (let i = 0; i < 4; i++) places.set({ ...bin, device: i }, score(i));
    for (const remove of [false, true]) {
      const entries = places.readAll({ remove }).map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
      const numbers = entries.map(([key, value]) => [key.readUInt32LE(0), value.readUInt32LE(0)]);
      assert.deepEqual(numbers.sort(), [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      for (const [key] of entries) assert.equal(key.length, places.keySize);
    }
    assert.deepEqual(places.readAll(), []);
    assert.deepEqual([...places], []);
  });

  it('have a value for each CPU in one call, too', () => {
    const perCpu = object.maps.need('per_cpu');
    const cpus = (object.maps.need('counters').get(0) as unknown[]).length;
    perCpu.set(
      5n,
      Array.from({ length: cpus }, (_, cpu) => score(cpu + 1)),
    );
    const [[key, value] = assert.fail()] = perCpu.readAll();
    assert.deepEqual([Buffer.from(key).readBigUInt64LE(), value.length], [5n, cpus * 16]);
    assert.equal(Buffer.from(value).readUInt32LE((cpus - 1) * 16), cpus);
  });

  it('forget what is deleted, and say whether it was there', () => {
    const places = object.maps.need('places');
    places.set(bin, score(1));
    assert.deepEqual([places.delete(bin), places.delete(bin), places.get(bin)], [true, false, undefined]);
  });

  it('are full at some point', () => {
    const places = object.maps.need('places');
    for (let device = 0; device < 4; device++) places.set({ ...bin, device }, score(device));
    assert.throws(
      () => places.set(etc, score(1)),
      (error) => error instanceof BpfError && error.errno === 'E2BIG',
    );
  });

  it('take entries only if new, or only if not', () => {
    const places = object.maps.need('places');
    assert.throws(
      () => places.set(bin, score(1), UPDATE.EXIST),
      (error) => error instanceof BpfError && error.errno === 'ENOENT',
    );
    places.set(bin, score(1), UPDATE.NOEXIST);
    assert.throws(
      () => places.set(bin, score(2), UPDATE.NOEXIST),
      (error) => error instanceof BpfError && error.errno === 'EEXIST',
    );
    places.set(bin, score(3), UPDATE.EXIST);
    assert.deepEqual(places.get(bin), score(3));
  });

  it('are arrays, too', () => {
    const list = object.maps.need('list');
    list.set(2, 2n ** 64n - 1n);
    assert.deepEqual(
      [...list],
      [
        [0, 0n],
        [1, 0n],
        [2, 2n ** 64n - 1n],
      ],
    );
    assert.equal(list.get(3), undefined);
    assert.throws(
      () => list.set(3, 1n),
      (error) => error instanceof BpfError && error.errno === 'E2BIG',
    );
    assert.throws(() => list.delete(0), BpfError);
  });

  it('have a value for each CPU, padded or not', () => {
    const [perCpu, counters] = [object.maps.need('per_cpu'), object.maps.need('counters')];
    const cpus = (counters.get(0) as unknown[]).length;
    assert.ok(cpus >= 1);
    const scores = Array.from({ length: cpus }, (_, cpu) => score(cpu + 1, cpu % 2 === 0));
    perCpu.set(5n, scores);
    assert.deepEqual(perCpu.get(5n), scores);
    assert.deepEqual([...perCpu], [[5n, scores]]);
    const numbers = Array.from({ length: cpus }, (_, cpu) => 2n ** 60n + BigInt(cpu));
    counters.set(1, numbers);
    assert.deepEqual(counters.get(1), numbers);
    assert.deepEqual(counters.get(0), Array(cpus).fill(0n));
    assert.throws(() => counters.set(0, [...numbers, 1n]), TypeError);
    assert.throws(() => counters.set(0, 1n), TypeError);
  });

  it('without types take bytes and give bytes', () => {
    const untyped = object.maps.need('untyped');
    untyped.set(Buffer.from('abc'), Buffer.from('12345'));
    assert.deepEqual(Buffer.from(untyped.get(Buffer.from('abc')) as Uint8Array).toString(), '12345');
    assert.deepEqual(
      [...untyped.keys()].map((key) => Buffer.from(key as Uint8Array).toString()),
      ['abc'],
    );
    assert.throws(() => untyped.set('abc', Buffer.alloc(5)), TypeError);
    assert.throws(() => untyped.set(Buffer.alloc(3), Buffer.alloc(6)), RangeError);
    assert.throws(() => untyped.get(Buffer.alloc(2)), RangeError);
  });

  it('with types take bytes of the right size, too', () => {
    const list = object.maps.need('list');
    list.set(Buffer.from([1, 0, 0, 0]), Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]));
    assert.equal(list.get(1), 5n);
    assert.throws(() => list.set(0, Buffer.alloc(4)), RangeError);
  });

  it('refuse what does not fit their types', () => {
    const places = object.maps.need('places');
    for (const wrong of [{ ...bin, name: 'much too long' }, { ...bin, device: -1 }, 5, { device: 1, nope: 2 }])
      assert.throws(
        () => places.set(wrong as never, score(1)),
        BtfError,
        JSON.stringify(wrong, (_k, v) => String(v)),
      );
    assert.throws(() => places.set(bin, { ...score(1), hits: 2n ** 32n }), BtfError);
  });

  it('are gone with their object', () => {
    const list = object.maps.need('list');
    object.close();
    assert.throws(
      () => list.get(0),
      (error) => error instanceof BpfError && error.errno === 'EBADF',
    );
    assert.throws(() => list.set(0, 1n), BpfError);
    assert.throws(() => [...list], BpfError);
  });
});
