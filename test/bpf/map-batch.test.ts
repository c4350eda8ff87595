import assert from 'node:assert/strict';
import { BpfError } from '../../src/bpf/errors.js';
import { BpfMap } from '../../src/bpf/map.js';
import type { BpfObject } from '../../src/bpf/object.js';
import { BtfError } from '../../src/btf/index.js';
import { UsageError } from '../../src/errors.js';
import { loadBinding } from '../../src/native/load.js';
import { needs } from '../capability.js';
import { bin, load, score } from './helpers.js';

describe('bpf: entries of maps in batches', () => {
  let object: BpfObject;
  beforeEach(function () {
    needs(this, 'root');
    object = load('maps');
  });
  afterEach(() => object?.close());

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

  it('are those of a full array, too', () => {
    const list = object.maps.need('list');
    for (let i = 0; i < 3; i++) list.set(i, BigInt(i) * 10n);
    const entries = list
      .readAll()
      .map(([key, value]) => [Buffer.from(key).readUInt32LE(), Buffer.from(value).readBigUInt64LE()]);
    assert.deepEqual(entries, [
      [0, 0n],
      [1, 10n],
      [2, 20n],
    ]);
    assert.throws(
      () => list.readAll({ remove: true }),
      (error) =>
        error instanceof UsageError && error.message === "the map list is of type array: its entries can't be removed",
    );
    assert.equal(object.maps.need('counters').readAll().length, 2);
  });

  it('are those of a full LPM trie, too', () => {
    using routes = BpfMap.create({ type: 'lpm_trie', keySize: 8, valueSize: 4, maxEntries: 3 });
    for (let i = 0; i < 3; i++) routes.set(Buffer.from([16, 0, 0, 0, 10, i, 0, 0]), Buffer.from([i, 0, 0, 0]));
    const numbers = (remove: boolean) => routes.readAll({ remove }).map(([key, [value]]) => [key[5], value]);
    for (const remove of [false, true])
      assert.deepEqual(numbers(remove).sort(), [
        [0, 0],
        [1, 1],
        [2, 2],
      ]);
    assert.deepEqual(numbers(false), []);
  });

  it('are read in pieces, each entry once', () => {
    using large = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1000 });
    const bytes = (i: number) => new Uint8Array(new Uint32Array([i]).buffer);
    const all = Array.from({ length: 1000 }, (_, i) => [bytes(i), bytes(i * 2)] as const);
    assert.equal(large.setAll(all), 1000);
    // One is less than some buckets have.
    for (const batch of [1, 7, 100, 5000, undefined]) {
      const seen = [...large.entries(batch === undefined ? {} : { batch })].map(([key, value]) =>
        [key, value].map((part) => Buffer.from(part as Uint8Array).readUInt32LE()),
      );
      assert.equal(new Set(seen.map(([key]) => key)).size, 1000);
      assert.ok(seen.length === 1000 && seen.every(([key = 0, value]) => value === key * 2));
    }
  });

  it('are converted', () => {
    const [places, perCpu, list] = ['places', 'per_cpu', 'list'].map((name) => object.maps.need(name));
    assert.ok(places && perCpu && list);
    const cpus = loadBinding().possibleCpus();
    const scores = Array.from({ length: cpus }, (_, cpu) => score(cpu));
    assert.equal(places.setAll([[bin, score(1)]]), 1);
    assert.equal(perCpu.setAll(new Map([[5n, scores]])), 1);
    list.setAll([1, 2].map((i) => [i, BigInt(i)]));
    assert.deepEqual([...places.entries()], [[bin, score(1)]]);
    assert.deepEqual([...perCpu.entries({ batch: 1 })], [[5n, scores]]);
    assert.deepEqual(
      [...list.entries({ batch: 2 })],
      [
        [0, 0n],
        [1, 1n],
        [2, 2n],
      ],
    );
  });

  it('may be removed, or the map be used, by the loop', () => {
    const places = object.maps.need('places');
    for (let device = 0; device < 4; device++) places.set({ ...bin, device }, score(device));
    const seen = [];
    for (const [key, value] of places.entries()) {
      assert.ok(places.delete(key as typeof bin));
      seen.push([(key as typeof bin).device, (value as { hits: number }).hits]);
    }
    assert.deepEqual(seen.sort(), [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    assert.deepEqual([...places.entries()], []);
  });

  it('are stored one by one where the kernel has no batches', () => {
    using object = load('maps-programs', ['call_tail', 'be_tail']);
    const programs = object.maps.need('programs');
    const tail = object.programs.need('be_tail');
    assert.equal(programs.setAll([0, 1].map((i) => [i, tail])), 2);
    const [[, one] = assert.fail(), [, other] = assert.fail()] = [...programs.entries()];
    assert.ok(one === other && (one as number) > 0);
    assert.equal(programs.readAll().length, 2);
    assert.throws(() => programs.setAll([[2, tail]]), { errno: 'E2BIG' });
  });

  it('are not stored if one of them does not fit its type', () => {
    const places = object.maps.need('places');
    assert.throws(
      () =>
        places.setAll([
          [bin, score(1)],
          [{ ...bin, device: -1 }, score(2)],
        ]),
      BtfError,
    );
    assert.deepEqual([...places.entries()], []);
  });

  it('are stored up to the one that the kernel refuses', () => {
    const places = object.maps.need('places');
    const six = Array.from({ length: 6 }, (_, device) => [{ ...bin, device }, score(device)] as const);
    assert.throws(() => places.setAll(six), BpfError);
    assert.equal([...places].length, 4);
  });

  it('refuse wrong arguments', () => {
    const places = object.maps.need('places');
    for (const batch of [0, -1, 1.5, '1', null])
      assert.throws(() => places.entries({ batch: batch as number }), UsageError, String(batch));
    assert.throws(() => places.entries(null as never), UsageError);
    for (const wrong of [undefined, null, 5, {}]) assert.throws(() => places.setAll(wrong as never), UsageError);
    assert.equal(places.setAll([]), 0);
  });
});
