import assert from 'node:assert/strict';
import type { BpfObject } from '../../src/bpf/object.js';
import { BtfError } from '../../src/btf/index.js';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { bin, load, score } from './helpers.js';

describe('bpf: keys and values of maps', () => {
  let object: BpfObject;
  beforeEach(function () {
    needs(this, 'root');
    object = load('maps');
  });
  afterEach(() => object?.close());

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

  const missing = (member: string) => (error: unknown) =>
    error instanceof BtfError && error.message === `places: key: the member '${member}' of struct place is missing`;

  it('refuse a key that is not whole, and name what is missing', () => {
    const places = object.maps.need('places');
    places.set({ device: 0, name: '', inode: 0n }, score(1));
    for (const [key, member] of [
      [{}, 'device'],
      [{ device: 0 }, 'name'],
      [{ device: 0, name: '' }, 'inode'],
      [{ device: 0, name: '', inode: undefined }, 'inode'],
      [{ inode: 0n, name: '' }, 'device'],
    ] as const) {
      assert.throws(() => places.get(key as never), missing(member));
      assert.throws(() => places.delete(key as never), missing(member));
      assert.throws(() => places.set(key as never, score(2)), missing(member));
      assert.throws(() => places.setAll([[key as never, score(2)]]), missing(member));
    }
    assert.deepEqual([...places.entries()], [[{ device: 0, name: '', inode: 0n }, score(1)]]);
  });

  it('take plain objects alone', () => {
    class Place {
      device = 0;
      name = '';
      inode = 0n;
    }
    const places = object.maps.need('places');
    for (const [wrong, name] of [
      [new Map(), 'Map'],
      [new Place(), 'Place'],
      [new Date(0), 'Date'],
    ] as const) {
      const isRefused = (what: string) => (error: unknown) =>
        error instanceof BtfError &&
        error.message === `places: ${what}: expected an object, got an instance of ${name}`;
      assert.throws(() => places.get(wrong as never), isRefused('key'));
      assert.throws(() => places.set(bin, wrong as never), isRefused('value'));
    }
    places.set(Object.assign(Object.create(null), bin), Object.assign(Object.create(null), score(4)));
    assert.deepEqual(places.get(bin), score(4));
  });

  it('leave omitted members of a value zero', () => {
    const places = object.maps.need('places');
    places.set(bin, {});
    assert.deepEqual(places.get(bin), { hits: 0, parts: [0, 0, 0], seen: false });
  });

  it('refuse a value for each CPU with a hole', () => {
    const counters = object.maps.need('counters');
    const cpus = (counters.get(0) as unknown[]).length;
    const holed = new Array(cpus);
    assert.throws(
      () => counters.set(0, holed),
      (error) => error instanceof UsageError && error.message === 'counters: the value of CPU 0 is missing',
    );
  });
});
