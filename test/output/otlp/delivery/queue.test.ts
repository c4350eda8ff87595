import assert from 'node:assert/strict';
import { RecordQueue } from '../../../../src/output/otlp/delivery/queue.js';
import { randomBelow } from '../../../helpers/random.js';

/** Bytes that tell them from others. */
function bytesOf(id: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, id % 251);
  if (size >= 4) bytes.writeUInt32LE(id);
  return bytes;
}

describe('OTLP: RecordQueue', () => {
  const put = (queue: RecordQueue, bytes: Buffer) => queue.add(bytes, 0, bytes.length);

  it('gives what was put in, in order, though the source changes', () => {
    const queue = new RecordQueue(100, 1000);
    const source = Buffer.from('abcdef');
    assert.ok(queue.add(source, 1, 3));
    source.fill('x');
    assert.ok(queue.add(source, 0, 6));
    const taken = queue.take(10, 1000);
    assert.equal(Buffer.concat(taken?.slices ?? []).toString(), 'bcxxxxxx');
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

  it('holds records that are larger than its pieces', () => {
    const queue = new RecordQueue(100, 10 << 20);
    const sizes = [10, 300_000, 20, 1 << 20, 5];
    sizes.forEach((size, id) => {
      assert.ok(put(queue, bytesOf(id, size)));
    });
    const taken = queue.take(100, 10 << 20);
    assert.equal(taken?.records, 5);
    assert.deepEqual(Buffer.concat(taken?.slices ?? []), Buffer.concat(sizes.map((size, id) => bytesOf(id, size))));
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
        assert.ok(Buffer.concat(taken?.slices ?? []).equals(Buffer.concat(expected)), `seed ${seed}`);
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
