import assert from 'node:assert/strict';
import { RecordQueue, type Taken } from '../../../src/otlp/delivery/queue.js';
import { randomBelow } from '../../helpers/random.js';

/** Bytes that tell them from others. */
function bytesOf(id: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, id % 251);
  if (size >= 4) bytes.writeUInt32LE(id);
  return bytes;
}

const concat = (taken: Taken | undefined) => Buffer.concat(taken?.slices.map(({ bytes }) => bytes) ?? []);

describe('OTLP: RecordQueue', () => {
  const put = (queue: RecordQueue, bytes: Buffer) => queue.add(bytes, 0, bytes.length);

  it('gives what was put in, in order, though the source changes', () => {
    const queue = new RecordQueue(100, 1000);
    const source = Buffer.from('abcdef');
    assert.ok(queue.add(source, 1, 3));
    source.fill('x');
    assert.ok(queue.add(source, 0, 6));
    const taken = queue.take(10, 1000);
    assert.equal(concat(taken).toString(), 'bcxxxxxx');
    assert.deepEqual([taken?.records, taken?.bytes, taken?.slices.length], [2, 8, 1]);
    assert.equal(queue.take(10, 1000), undefined);
  });

  it('takes as many, and as much, as it is told, yet always one', () => {
    const queue = new RecordQueue(100, 1000);
    for (let id = 0; id < 10; id++) put(queue, bytesOf(id, 10));
    assert.equal(queue.take(3, 1000)?.records, 3);
    assert.equal(queue.take(100, 25)?.records, 2);
    assert.equal(queue.take(100, 5)?.records, 1);
    assert.deepEqual([queue.count, queue.bytes], [4, 40]);
  });

  it('lets in no more than its limits, nor what is set aside', () => {
    const queue = new RecordQueue(3, 100);
    assert.ok(put(queue, bytesOf(0, 60)));
    assert.equal(put(queue, bytesOf(1, 41)), false);
    assert.ok(put(queue, bytesOf(1, 10)));
    assert.ok(put(queue, bytesOf(2, 10)));
    assert.equal(put(queue, bytesOf(3, 1)), false);
    assert.equal(queue.fullness, 1);
    queue.take(3, 100);
    queue.setAside(3, 80);
    assert.equal(put(queue, bytesOf(3, 1)), false);
    queue.setAside(-3, -80);
    assert.ok(put(queue, bytesOf(3, 1)));
  });

  it('gives records of one resource together, and counts that once', () => {
    const queue = new RecordQueue(10_000, 1 << 20);
    const [web, db] = ['web', 'db'].map((key) => ({ key, bytes: Buffer.alloc(50) }));
    const add = (id: number, resource?: typeof web) => queue.add(bytesOf(id, 10), 0, 10, resource);
    for (const [id, resource] of [undefined, web, web, db, undefined, web].entries()) add(id, resource);
    const shape = (taken: Taken | undefined) =>
      taken?.slices.map(({ bytes, resource }) => [resource?.key, bytes.length]);
    const costOf = ({ bytes }: { bytes: Uint8Array }) => bytes.length;
    // The third resource does not fit any more.
    assert.deepEqual(shape(queue.take(100, 80, costOf)), [
      [undefined, 10],
      ['web', 20],
    ]);
    assert.deepEqual(shape(queue.take(100, 1000, costOf)), [
      ['db', 10],
      [undefined, 10],
      ['web', 10],
    ]);
    // Memory that serves again has forgotten them.
    for (let id = 0; id < 9000; id++) add(id, id < 4500 ? db : undefined);
    const first = queue.take(4500, 1 << 20);
    assert.deepEqual(new Set(shape(first)?.map(([key]) => key)), new Set(['db']));
    queue.take(4500, 1 << 20);
    for (let id = 0; id < 5000; id++) add(id);
    assert.deepEqual(new Set(shape(queue.take(5000, 1 << 20))?.map(([key]) => key)), new Set([undefined]));
  });

  it('holds records that are larger than its pieces', () => {
    const queue = new RecordQueue(100, 10 << 20);
    const sizes = [10, 300_000, 20, 1 << 20, 5];
    sizes.forEach((size, id) => {
      assert.ok(put(queue, bytesOf(id, size)));
    });
    const taken = queue.take(100, 10 << 20);
    assert.equal(taken?.records, 5);
    assert.deepEqual(concat(taken), Buffer.concat(sizes.map((size, id) => bytesOf(id, size))));
  });

  it('is a queue, for any order of calls', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const below = randomBelow(seed);
      const queue = new RecordQueue(20_000, 4 << 20);
      const model: Buffer[] = [];
      for (let step = 0, id = 0; step < 1000; step++) {
        for (let i = below(20); i > 0; i--) {
          const bytes = bytesOf(id++, below(50) === 0 ? below(400_000) : below(300));
          if (put(queue, bytes)) model.push(bytes);
          else assert.ok(queue.count === 20_000 || queue.bytes + bytes.length > 4 << 20);
        }
        if (below(3) > 0) continue;
        const count = 1 + below(200);
        const size = below(100_000);
        const taken = queue.take(count, size);
        const expected = model.splice(0, taken?.records ?? 0);
        assert.ok(concat(taken).equals(Buffer.concat(expected)), `seed ${seed}`);
        assert.ok((taken?.records ?? 0) <= count && ((taken?.bytes ?? 0) <= size || taken?.records === 1));
        assert.equal(queue.count, model.length);
        assert.equal(
          queue.bytes,
          model.reduce((sum, { length }) => sum + length, 0),
        );
      }
    }
  });
});
