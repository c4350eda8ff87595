import assert from 'node:assert/strict';
import { BpfError, ClosedError } from '../../src/bpf/errors.js';
import { type BpfMap, UPDATE } from '../../src/bpf/map.js';
import type { MapValue } from '../../src/bpf/map-memory.js';
import type { BpfObject } from '../../src/bpf/object.js';
import { UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { bin, load, open, score } from './helpers.js';

function* keysOf(map: BpfMap): Generator<MapValue> {
  for (const [key] of map) yield key;
}

describe('bpf: maps', () => {
  let object: BpfObject;
  beforeEach(function () {
    needs(this, 'root');
    object = load('maps');
  });
  afterEach(() => object?.close());

  const etc = { device: 8, name: 'etc', inode: 2n ** 40n };

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

  describe('of a thousand entries, walked through', () => {
    const COUNT = 1000;
    let large: BpfObject;
    let places: BpfMap;
    beforeEach(() => {
      const opened = open('maps');
      opened.maps.need('places').maxEntries = COUNT;
      large = opened.load();
      places = large.maps.need('places');
      for (let device = 0; device < COUNT; device++) places.set({ ...bin, device }, score(device));
    });
    afterEach(() => large?.close());

    const deviceOf = (key: MapValue) => (key as typeof bin).device;
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

    for (const [what, isRemoved] of [
      ['none of them is', () => false],
      ['each of them is', () => true],
      ['every other one is', (device: number) => device % 2 === 1],
      ['a few of them are', (device: number) => device % 97 === 0],
    ] as const)
      for (const [how, walk] of [
        ['keys', () => places.keys()],
        ['entries', () => keysOf(places)],
      ] as const)
        it(`give each of their ${how} once, while ${what} removed by the loop`, () => {
          const seen: number[] = [];
          for (const key of walk()) {
            seen.push(deviceOf(key));
            if (isRemoved(deviceOf(key))) assert.ok(places.delete(key));
          }
          assert.deepEqual([seen.length, new Set(seen).size], [COUNT, COUNT]);
          const left = Array.from({ length: COUNT }, (_, device) => device).filter((device) => !isRemoved(device));
          assert.equal(sum([...places.keys()].map(deviceOf)), sum(left));
        });

    it('end, and give every entry that stays, while others are removed', () => {
      const seen = new Set<number>();
      let steps = 0;
      for (const [key] of places) {
        steps++;
        seen.add(deviceOf(key));
        // That of the last odd one removes what may be the following.
        const other = deviceOf(key) ^ 1;
        if (other % 2 === 1) places.delete({ ...bin, device: other });
      }
      for (let device = 0; device < COUNT; device += 2) assert.ok(seen.has(device), `${device}`);
      assert.equal([...places.keys()].length, COUNT / 2);
      // A removal of the following key has it start over, which is rare in this order.
      assert.ok(steps < 20 * COUNT, `${steps}`);
    });

    it('start over if the following key is removed', () => {
      const [first, second, third] = [...places.keys()] as [MapValue, MapValue, MapValue];
      const seen: number[] = [];
      for (const key of places.keys()) {
        seen.push(deviceOf(key));
        if (seen.length === 1) assert.ok(places.delete(second));
        if (seen.length === 4) break;
      }
      assert.deepEqual(seen, [first, second, first, third].map(deviceOf));
    });

    it('give no entry that is gone', () => {
      let steps = 0;
      for (const [key] of places) {
        steps++;
        assert.equal(deviceOf(key), deviceOf([...places.keys()][0] as MapValue));
        places.readAll({ remove: true });
      }
      assert.equal(steps, 1);
    });
  });

  it('give entries whose text is not UTF-8', () => {
    const places = object.maps.need('places');
    const key = new Uint8Array(places.keySize).fill(0xff);
    places.set(key, score(5));
    assert.deepEqual(
      [...places].map(([, value]) => value),
      [score(5)],
    );
  });

  describe('whose keys and values have getters that use the same map', () => {
    const other = { device: 9, name: 'other', inode: 9n };
    /** What a getter may do meanwhile. */
    const uses: Record<string, (map: BpfMap) => unknown> = {
      get: (map) => map.get(other),
      set: (map) => map.set(other, score(99, true)),
      delete: (map) => map.delete(other),
      'keys()': (map) => [...map.keys()],
      'more getters': (map) =>
        map.set(
          {
            ...other,
            get name() {
              return String(map.get(other) && 'other');
            },
          },
          score(99, true),
        ),
    };
    for (const [what, use] of Object.entries(uses)) {
      /** A copy whose first or last member does it. */
      const reentrant = <T extends object>(map: BpfMap, value: T, member: keyof T) =>
        Object.defineProperty({ ...value }, member, {
          enumerable: true,
          get() {
            use(map);
            return value[member];
          },
        });

      for (const member of ['device', 'inode'] as const)
        it(`store and find what they are given: ${what}, in ${member} of the key`, () => {
          const places = object.maps.need('places');
          places.set(other, score(99, true));
          places.set(reentrant(places, bin, member), score(1));
          assert.deepEqual(places.get(bin), score(1));
          assert.deepEqual(places.get(reentrant(places, bin, member)), score(1));
          assert.equal(places.delete(reentrant(places, bin, member)), true);
          assert.equal(places.get(bin), undefined);
        });

      for (const member of ['hits', 'seen'] as const)
        it(`store what they are given: ${what}, in ${member} of the value`, () => {
          const places = object.maps.need('places');
          places.set(other, score(99, true));
          places.set(bin, reentrant(places, score(1), member));
          assert.deepEqual(places.get(bin), score(1));
        });
    }

    it('store what they are given for each CPU', () => {
      const [perCpu, counters] = [object.maps.need('per_cpu'), object.maps.need('counters')];
      const cpus = (counters.get(0) as unknown[]).length;
      const scores = Array.from({ length: cpus }, (_, cpu) => score(cpu + 1));
      perCpu.set(
        7n,
        scores.map(() => score(99)),
      );
      const given = scores.map((value) => ({
        ...value,
        get hits() {
          perCpu.get(7n);
          return value.hits;
        },
      }));
      perCpu.set(5n, given);
      assert.deepEqual(perCpu.get(5n), scores);
    });
  });

  it('forget what is deleted, and say whether it was there', () => {
    const places = object.maps.need('places');
    places.set(bin, score(1));
    assert.deepEqual([places.delete(bin), places.delete(bin), places.get(bin)], [true, false, undefined]);
  });

  it('are full at some point', () => {
    const places = object.maps.need('places');
    for (let device = 0; device < 4; device++) places.set({ ...bin, device }, score(device));
    const isFull = (error: unknown) =>
      error instanceof BpfError &&
      error.errno === 'E2BIG' &&
      error.message === 'the map places is full: its max_entries is 4 (E2BIG)';
    assert.throws(() => places.set(etc, score(1)), isFull);
    assert.throws(() => places.setAll([[etc, score(1)]]), isFull);
  });

  it('take entries only if new, or only if not', () => {
    const places = object.maps.need('places');
    assert.throws(() => places.set(bin, score(1), UPDATE.EXIST), {
      code: 'ERR_SNOOPKIT_BPF',
      errno: 'ENOENT',
      message: 'cannot write to the map places: it has no such key (ENOENT)',
    });
    places.set(bin, score(1), UPDATE.NOEXIST);
    assert.throws(() => places.set(bin, score(2), UPDATE.NOEXIST), {
      code: 'ERR_SNOOPKIT_BPF',
      errno: 'EEXIST',
      message: 'cannot write to the map places: it has such a key already (EEXIST)',
    });
    places.set(bin, score(3), UPDATE.EXIST);
    assert.deepEqual(places.get(bin), score(3));
  });

  it('are locked while they are read or written', () => {
    using locks = load('locks');
    const [locked, plain] = [locks.maps.need('locked'), locks.maps.need('plain')];
    const numbers = (n: number) => ({ lock: { val: 0 }, all: new Array(512).fill(n) });
    locked.set(0, numbers(1));
    // Its lock is left alone, whatever is given for it.
    locked.set(0, { ...numbers(2), lock: { val: 7 } }, UPDATE.LOCK);
    assert.deepEqual(locked.getLocked(0), numbers(2));
    // It is free: a program takes it, too.
    assert.equal(locks.programs.need('add_one').run({ data: Buffer.alloc(14) }).ret, 1);
    assert.deepEqual(locked.getLocked(0), { lock: { val: 0 }, all: [3, ...new Array(510).fill(2), 3] });
    assert.equal(locked.getLocked(1), undefined);
    const lacking = (verb: string) => ({
      errno: 'EINVAL',
      message: `cannot lock and ${verb} the map plain: its values have no bpf_spin_lock (EINVAL)`,
    });
    assert.throws(() => plain.getLocked(0), lacking('read'));
    assert.throws(() => plain.set(0, 1, UPDATE.LOCK), lacking('write to'));
    assert.equal(plain.get(0), 0);
    assert.throws(
      () => object.maps.need('per_cpu').getLocked(0),
      /^UsageError: the map per_cpu is of type percpu_hash: getLocked\(\) is for hash, array, /,
    );
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
      (error) =>
        error instanceof BpfError &&
        error.errno === 'E2BIG' &&
        error.message === 'cannot write to the map list: the index is not below max_entries, 3 (E2BIG)',
    );
    assert.throws(
      () => list.delete(0),
      (error) => error instanceof BpfError && /the entries of an array always exist/.test(error.message),
    );
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
    assert.throws(() => counters.set(0, [...numbers, 1n]), UsageError);
    assert.throws(() => counters.set(0, 1n), UsageError);
  });

  it('without types take bytes and give bytes', () => {
    const untyped = object.maps.need('untyped');
    untyped.set(Buffer.from('abc'), Buffer.from('12345'));
    assert.deepEqual(Buffer.from(untyped.get(Buffer.from('abc')) as Uint8Array).toString(), '12345');
    assert.deepEqual(
      [...untyped.keys()].map((key) => Buffer.from(key as Uint8Array).toString()),
      ['abc'],
    );
    assert.throws(() => untyped.set('abc', Buffer.alloc(5)), UsageError);
    assert.throws(() => untyped.set(Buffer.alloc(3), Buffer.alloc(6)), UsageError);
    assert.throws(() => untyped.get(Buffer.alloc(2)), UsageError);
  });

  it('with types take bytes of the right size, too', () => {
    const list = object.maps.need('list');
    list.set(Buffer.from([1, 0, 0, 0]), Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]));
    assert.equal(list.get(1), 5n);
    assert.throws(() => list.set(0, Buffer.alloc(4)), UsageError);
  });

  it('are gone with their object', () => {
    const list = object.maps.need('list');
    object.close();
    assert.throws(
      () => list.get(0),
      (error) => error instanceof ClosedError && error.errno === 'EBADF',
    );
    assert.throws(() => list.set(0, 1n), ClosedError);
    assert.throws(() => [...list], ClosedError);
  });
});
