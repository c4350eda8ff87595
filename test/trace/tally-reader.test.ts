import assert from 'node:assert/strict';
import { BpfObject } from '../../src/bpf/object.js';
import { ClockOffset } from '../../src/events/context.js';
import type { Rows } from '../../src/events/rows.js';
import { eventSchema } from '../../src/events/schema.js';
import { TallyReader } from '../../src/trace/features/tally/tally-reader.js';
import { TallyRows } from '../../src/trace/features/tally/tally-rows.js';
import { objectPath } from '../../src/trace/object-path.js';
import { needs } from '../capability.js';
import { fakeContext } from '../events/helpers.js';

describe('cli: reading what is added up', () => {
  let object: BpfObject;
  beforeEach(function () {
    needs(this, 'root');
    const opened = BpfObject.open(objectPath('sigsnoop'));
    opened.maps.need('events').maxEntries = 4096;
    object = opened.load();
  });
  afterEach(() => object?.close());

  const key = { cgroup: 0n, comm: 'sh', target_comm: 'cat', signal: 9, origin: 2, result: 0, _padding: 0 };
  const put = (map: 'tally_a' | 'tally_b', comm: string, count: bigint) =>
    object.maps.need(map).set({ ...key, comm }, { count });

  function read(rows: Rows): { comm: string; count: number; interval: bigint }[] {
    const { columns } = eventSchema(object.btf, 'sigsnoop_count', fakeContext({ clock: new ClockOffset(0n) }));
    const found: Record<string, unknown>[] = [];
    rows.forEach((record) => {
      found.push(Object.fromEntries(columns.map((column) => [column.name, column.value(record)])));
    });
    return found as never;
  }

  it('takes rows from the one map, then from the other', () => {
    const tally = new TallyReader(object, false);
    put('tally_a', 'one', 5n);
    put('tally_b', 'two', 7n);
    const [one, ...none] = read(tally.read());
    assert.deepEqual([one?.comm, one?.count, none], ['one', 5, []]);
    assert.ok((one?.interval ?? 0n) > 0n);
    const [two] = read(tally.read());
    assert.deepEqual([two?.comm, two?.count], ['two', 7]);
    for (let i = 0; i < 3; i++) assert.equal(tally.read().count, 0);
  });

  it('leaves totals where they are', () => {
    const tally = new TallyReader(object, true);
    put('tally_a', 'one', 5n);
    const [before] = read(tally.read());
    put('tally_a', 'one', 6n);
    put('tally_b', 'two', 7n);
    const [after, ...none] = read(tally.read());
    assert.deepEqual([before?.count, after?.count, none], [5, 6, []]);
    assert.ok((after?.interval ?? 0n) > (before?.interval ?? 0n), 'since the start');
  });

  it('has for a report all that was seen before it, added up', () => {
    const tally = new TallyReader(object, false);
    put('tally_a', 'one', 2n ** 40n);
    const [first] = read(tally.look());
    put('tally_b', 'one', 3n);
    put('tally_b', 'two', 7n);
    assert.deepEqual(
      read(tally.look())
        .map(({ comm, count }) => [comm, count])
        .sort(),
      [
        ['one', 3],
        ['two', 7],
      ],
    );
    put('tally_a', 'two', 1n);
    assert.deepEqual(
      read(tally.look()).map(({ comm, count }) => [comm, count]),
      [['two', 1]],
    );
    const all = read(tally.read());
    assert.deepEqual(all.map(({ comm, count }) => [comm, count]).sort(), [
      ['one', 2 ** 40 + 3],
      ['two', 8],
    ]);
    assert.ok(
      all.every(({ interval }) => interval > (first?.interval ?? 0n)),
      'of all the time',
    );
    assert.equal(tally.read().count, 0);
  });

  it('leaves totals as they are, however often somebody looks', () => {
    const tally = new TallyReader(object, true);
    put('tally_a', 'one', 5n);
    for (let i = 0; i < 3; i++)
      assert.deepEqual(
        read(tally.look()).map(({ count }) => count),
        [5],
      );
    assert.deepEqual(
      read(tally.read()).map(({ count }) => count),
      [5],
    );
  });

  it('counts what it has no room for', () => {
    const rows = new TallyRows({ time: 0, interval: 8, head: 16, keySize: 4, valueSize: 8 }, 1);
    const entry = (id: number): [Uint8Array, Uint8Array] => [Buffer.from([id, 0, 0, 0xff]), Buffer.alloc(8, 1)];
    // Sixteen times what the map has.
    assert.equal(rows.add(Array.from({ length: 16 }, (_, id) => entry(id))), 0);
    assert.equal(rows.add([entry(3), entry(16), entry(17)]), 2);
    assert.equal(rows.rows(1n, 2n).count, 16);
  });
});
