import assert from 'node:assert/strict';
import { EventRecord } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { memoized, type Part } from '../../src/output/memo.js';
import { randomBelow } from '../helpers/random.js';

/** Two columns of six bytes each, and one that depends on something else. */
const SIZE = 13;

describe('output: memory of texts', () => {
  let record: EventRecord;
  let isPassing: boolean;
  let order: { isUsual: boolean };
  let written: number;

  beforeEach(() => {
    record = new EventRecord();
    record.setBytes(Buffer.alloc(SIZE));
    isPassing = false;
    order = { isUsual: true };
    written = 0;
  });

  const hex = (start: number, end: number): Part => {
    return ({ bytes, offset }, out) => {
      written++;
      out.ascii(`${bytes.toString('hex', offset + start, offset + end)} `);
    };
  };
  const columns = [
    { dependsOn: { offset: 0, size: 6 } },
    { dependsOn: { offset: 6, size: 6 }, isPassing: () => isPassing },
    {},
  ];
  const parts = [hex(0, 6), hex(6, 12), hex(12, 13)];

  function text(all: readonly Part[]): string {
    const out = new OutputBuffer();
    for (const part of all) part(record, out);
    return out.bytes.toString('latin1', 0, out.length);
  }

  /** Number of columns that were written for each of `values`, one after the other. */
  function writes(all: readonly Part[], values: readonly number[]): number[] {
    return values.map((value) => {
      record.bytes.fill(value);
      const before = written;
      assert.equal(text(all), `${'0'.concat(value.toString()).repeat(6)} `.repeat(2).concat(`0${value} `));
      return written - before;
    });
  }

  it('keeps what comes again, but nothing that comes once', () => {
    assert.deepEqual(writes(memoized(columns, parts), [1, 1, 1, 2, 1, 2, 2, 1]), [3, 3, 1, 3, 1, 3, 1, 1]);
  });

  it('keeps no text that may still change', () => {
    const kept = memoized(columns, parts);
    isPassing = true;
    assert.deepEqual(writes(kept, [3, 3, 3]), [3, 3, 3]);
    isPassing = false;
    assert.deepEqual(writes(kept, [3, 3]), [3, 1]);
  });

  it('writes a row with an overflow anew, and keeps nothing of it', () => {
    const kept = memoized(columns, parts, order);
    order.isUsual = false;
    assert.deepEqual(writes(kept, [4, 4, 4]), [3, 3, 3]);
    order.isUsual = true;
    assert.deepEqual(writes(kept, [4, 4, 4]), [3, 3, 1]);
  });

  it('writes what the columns write, whatever comes in whatever order', () => {
    const [kept, below] = [memoized(columns, parts, order), randomBelow(1)];
    const counts = [2, 200].map((values) => {
      let count = 0;
      for (let i = 0; i < 10_000; i++) {
        record.bytes.fill(0);
        for (const at of [0, 5, 6, 11, 12]) record.bytes[at] = below(values);
        isPassing = below(10) === 0;
        order.isUsual = below(10) > 0;
        const before = written;
        const remembered = text(kept);
        count += written - before;
        assert.equal(remembered, text(parts));
      }
      return count;
    });
    // The last column is never kept, the others of a broken order neither.
    assert.ok((counts[0] as number) < 20_000 && (counts[1] as number) > 29_000, `${counts}`);
  });
});
