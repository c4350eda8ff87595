import assert from 'node:assert/strict';
import { isSortable, Rows } from '../../src/events/rows.js';
import { random } from '../helpers/random.js';
import { Probe } from './helpers.js';

describe('events: rows', () => {
  const { schema } = new Probe('numbers');
  const column = (name: string, of = schema) =>
    of.columns.find((candidate) => candidate.name === name) ?? assert.fail();

  /** Rows with these numbers in a column, of which `u8` tells the first order. */
  function rowsOf(values: readonly bigint[]): Rows {
    const bytes = Buffer.alloc(values.length * schema.size);
    values.forEach((value, i) => {
      bytes.writeUInt8(i, i * schema.size);
      bytes.writeBigUInt64LE(BigInt.asUintN(64, value), i * schema.size + 16);
    });
    return new Rows(bytes, schema.size);
  }

  function read(rows: Rows, name: string): unknown[] {
    const values: unknown[] = [];
    rows.forEach((record) => {
      values.push(column(name).value(record));
    });
    return values;
  }

  it('come in the order that they are in', () => {
    const rows = rowsOf([5n, 9n, 7n]);
    assert.equal(rows.count, 3);
    assert.deepEqual(read(rows, 'u64'), [5n, 9n, 7n]);
    assert.equal(new Rows(Buffer.alloc(0), 8).count, 0);
  });

  it('are sorted by a number, the largest first, however large', () => {
    const next = random(9);
    const values = Array.from({ length: 200 }, () => (BigInt(next()) << 32n) | BigInt(next()));
    const rows = rowsOf(values);
    rows.sortBy(column('u64'));
    assert.deepEqual(
      read(rows, 'u64'),
      values.toSorted((a, b) => (a > b ? -1 : 1)),
    );
    rows.sortBy(column('s64'));
    assert.deepEqual(new Set(read(rows, 's64')), new Set([0n]));
  });

  it('are sorted by a text as the alphabet is', () => {
    const { schema: signals } = new Probe('signals');
    const bytes = Buffer.alloc(4 * signals.size);
    // SIGTERM, none, SIGCHLD, SIGKILL
    [15, 0, 17, 9].forEach((signal, i) => {
      bytes.writeInt32LE(signal, i * signals.size);
    });
    const rows = new Rows(bytes, signals.size);
    rows.sortBy(column('signal', signals));
    const names: unknown[] = [];
    rows.forEach((record) => {
      names.push(column('signal', signals).value(record));
    });
    assert.deepEqual(names, ['SIGCHLD', 'SIGKILL', 'SIGTERM', undefined]);
  });

  it('have always the same order', () => {
    const values = [3n, 1n, 3n, 2n, 3n];
    const first = rowsOf(values);
    first.sortBy(column('u64'));
    const again = rowsOf(values);
    again.sortBy(column('u8'));
    again.sortBy(column('u64'));
    assert.deepEqual(read(first, 'u8'), read(again, 'u8'));
  });

  it('have sums, and may be cut', () => {
    const rows = rowsOf([2n ** 63n, 2n ** 63n, 5n]);
    assert.equal(rows.sum(column('u64')), 2n ** 64n + 5n);
    assert.equal(rows.sum(column('u8')), 3n);
    rows.sortBy(column('u64'));
    rows.keep(1);
    assert.deepEqual([rows.count, read(rows, 'u64')], [1, [2n ** 63n]]);
    rows.keep(Number.POSITIVE_INFINITY);
    assert.equal(rows.count, 1);
  });

  it('can be sorted by what has an order', () => {
    const { schema: spread } = new Probe('spread');
    const { schema: lists } = new Probe('lists');
    assert.deepEqual(
      [...schema.columns, ...spread.columns, ...lists.columns]
        .filter((one) => !isSortable(one))
        .map(({ name }) => name),
      ['took', 'args', 'env'],
    );
  });
});
