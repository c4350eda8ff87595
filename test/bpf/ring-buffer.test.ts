import assert from 'node:assert/strict';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { BpfObject } from '../../src/bpf/object.js';
import type { RecordBatch } from '../../src/bpf/record-stream.js';
import { RingBuffer, type RingBufferOptions } from '../../src/bpf/ring-buffer.js';
import { needs } from '../capability.js';
import { proves } from '../kernels/types.js';
import { callGetegid, collected, counter, open } from './helpers.js';

/** The numbers of the records in a batch, and how long each is. */
function contents(batch: RecordBatch): { number: number; length: number }[] {
  const found: { number: number; length: number }[] = [];
  const count = batch.forEach((offset, length) => {
    found.push({ number: Number(batch.bytes.readBigUInt64LE(offset)), length });
  });
  assert.equal(count, found.length);
  return found;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('bpf: ring buffers', () => {
  let object: BpfObject;
  let ring: RingBuffer;
  before(function () {
    needs(this, 'root');
  });

  function start(size = 16, options: RingBufferOptions = {}): void {
    const opened = open('ring');
    opened.globals.need('target').set(process.pid);
    opened.globals.need('size').set(size);
    object = opened.load();
    ring = RingBuffer.open(object.maps.need('events'), options);
    object.programs.need('handle_call').attach();
  }
  afterEach(() => {
    ring?.close();
    object?.close();
  });

  proves({ 'map ringbuf': 'read' }).it('give what waits, in order', () => {
    start();
    callGetegid(100);
    assert.equal(ring.pending, 100 * 24);
    const records = [...ring.drain()].flatMap(contents);
    assert.deepEqual(
      records,
      upTo(100).map((number) => ({ number, length: 16 })),
    );
    assert.equal(ring.pending, 0);
    assert.deepEqual([...ring.drain()], []);
  });

  for (const size of [8, 9, 15, 16, 17, 1001, 8192])
    it(`give records of ${size} bytes, through a memory that is too small`, () => {
      start(size, { batchSize: 64 });
      let next = 0;
      for (let round = 0; round < 30; round++) {
        callGetegid(5);
        for (const batch of ring.drain())
          for (const { number, length } of contents(batch)) assert.deepEqual([number, length], [next++, size]);
      }
      assert.equal(next, 150);
    });

  it('are full when nobody reads, and the program knows', () => {
    start(1000);
    callGetegid(200);
    const lost = counter(object, 'lost');
    const read = [...ring.drain()].flatMap(contents).length;
    assert.ok(lost > 0n && read > 0);
    assert.equal(read + Number(lost), 200);
  });

  it('give batches as they come, until a signal', async () => {
    start();
    const abort = new AbortController();
    const numbers: number[] = [];
    const reading = (async () => {
      for await (const batch of ring.batches(abort.signal)) {
        numbers.push(...contents(batch).map(({ number }) => number));
        if (numbers.length === 30) abort.abort();
      }
    })();
    for (let i = 0; i < 3; i++) {
      await sleep(15);
      callGetegid(10);
    }
    await reading;
    assert.deepEqual(numbers, upTo(30));
    // What comes afterwards waits for whoever drains.
    callGetegid(2);
    assert.equal([...ring.drain()].flatMap(contents).length, 2);
  });

  it('end with a signal that comes while nothing does, or came before', async () => {
    start();
    const abort = new AbortController();
    const reading = ring.batches(abort.signal).next();
    await sleep(10);
    abort.abort();
    assert.deepEqual(await reading, { done: true, value: undefined });
    callGetegid(1);
    assert.deepEqual(await ring.batches(abort.signal).next(), { done: true, value: undefined });
    for (const wrong of [{}, null, Object.assign(new AbortController().signal, { addEventListener: 1 })])
      await assert.rejects(ring.batches(wrong as never).next(), {
        code: 'ERR_SNOOPKIT_USAGE',
        message: /^signal .*: expected an AbortSignal$/,
      });
  });

  it('end when they are closed, while one waits for them or not', async () => {
    start();
    const reading = ring.batches().next();
    await sleep(10);
    ring.close();
    assert.deepEqual(await reading, { done: true, value: undefined });
    assert.deepEqual(await ring.batches().next(), { done: true, value: undefined });
    assert.deepEqual([...ring.drain()], []);
  });

  it('can be closed in the midst of a batch', async () => {
    start();
    callGetegid(3);
    let batches = 0;
    for await (const batch of ring.batches()) {
      assert.equal(contents(batch).length, 3);
      batches++;
      ring.close();
    }
    assert.equal(batches, 1);
  });

  it('can be left in the midst of a stream, and read on', async () => {
    start();
    callGetegid(100);
    const numbers: bigint[] = [];
    const read = async (count: number) => {
      for await (const record of ring.records()) {
        numbers.push(record.readBigUInt64LE());
        if (--count === 0) break;
      }
    };
    await read(1);
    await read(2);
    callGetegid(1);
    await read(98);
    assert.deepEqual(numbers.map(Number), upTo(101));
  });

  it('end a stream by a signal in the midst of a batch, and read on', async () => {
    start();
    callGetegid(100);
    const numbers: number[] = [];
    for (const last of [10, 20]) {
      const abort = new AbortController();
      for await (const record of ring.records(abort.signal)) {
        numbers.push(Number(record.readBigUInt64LE()));
        if (numbers.length === last) abort.abort();
      }
    }
    assert.deepEqual(numbers, upTo(20));
    for await (const _ of ring.records(AbortSignal.abort())) assert.fail('aborted before');
  });

  it('end with their object, once all is read', async () => {
    for (const isWaiting of [false, true]) {
      start();
      callGetegid(3);
      const numbers: bigint[] = [];
      const reading = (async () => {
        for await (const record of ring.records()) numbers.push(record.readBigUInt64LE());
      })();
      if (isWaiting) await sleep(50);
      else assert.deepEqual(numbers, []);
      object.close();
      await reading;
      assert.deepEqual(numbers.map(Number), upTo(3));
      ring.close();
    }
  });

  it('have one reader at a time', () => {
    start();
    const events = object.maps.need('events');
    assert.throws(() => RingBuffer.open(events), {
      name: 'UsageError',
      message: 'the map events has a reader: close it first',
    });
    callGetegid(2);
    const first = ring;
    first.close();
    ring = RingBuffer.open(events);
    first.close();
    assert.throws(() => RingBuffer.open(events), { name: 'UsageError' });
    assert.deepEqual(
      [...ring.drain()].flatMap(contents).map(({ number }) => number),
      upTo(2),
    );
  });

  it('may be of any size, which is rounded up to a power of two', () => {
    const opened = open('ring');
    opened.globals.need('target').set(process.pid);
    opened.globals.need('size').set(16);
    opened.maps.need('events').maxEntries = 100_000;
    assert.equal(opened.maps.need('events').maxEntries, 1 << 17);
    object = opened.load();
    const events = object.maps.need('events');
    assert.equal(events.maxEntries, 1 << 17);
    ring = RingBuffer.open(events);
    object.programs.need('handle_call').attach();
    callGetegid(2);
    assert.deepEqual([...ring.drain()].flatMap(contents).length, 2);
  });

  it('give records that stay as they are', async () => {
    start();
    callGetegid(3);
    const records = ring.records();
    const kept: Buffer[] = [];
    for (let i = 0; i < 3; i++) kept.push((await records.next()).value as Buffer);
    callGetegid(200);
    [...ring.drain()].length;
    assert.deepEqual(
      kept.map((record) => [Number(record.readBigUInt64LE()), record.length]),
      upTo(3).map((i) => [i, 16]),
    );
    await records.return();
  });

  it('let the event loop have its turn while a program writes', async () => {
    start(16, { batchSize: 64 });
    const abort = new AbortController();
    let turns = 0;
    let batches = 0;
    callGetegid(1);
    for await (const _batch of ring.batches(abort.signal)) {
      // As much as fits into a batch waits again: the ring is never empty.
      callGetegid(2);
      void setImmediate().then(() => turns++);
      if (++batches === 20) abort.abort();
    }
    assert.ok(turns >= 19, `${turns}`);
  });

  it('let some records gather while the reader is ahead', async () => {
    start(16, { delay: 20 });
    callGetegid(1);
    const begun = performance.now();
    let batches = 0;
    for await (const _batch of ring.batches()) {
      if (++batches === 5) break;
      callGetegid(1);
    }
    assert.ok(performance.now() - begun >= 4 * 19, 'each but the first had its delay');
  });

  describe('with a place to sort by', () => {
    const TIME_AT = 8;

    /** The time of a record, as set by the fixture. */
    const timeOf = (number: number, disorder: number) => number + ((number * 40_503) % disorder);

    /** Order of records of a batch: by time, equal times in order of arrival. */
    const sorted = (numbers: readonly number[], disorder: number) =>
      [...numbers].sort((a, b) => timeOf(a, disorder) - timeOf(b, disorder) || a - b);

    function startDisordered(disorder: number, size: number, options: RingBufferOptions): void {
      const opened = open('ring');
      opened.globals.need('target').set(process.pid);
      opened.globals.need('size').set(size);
      opened.globals.need('disorder').set(disorder);
      object = opened.load();
      ring = RingBuffer.open(object.maps.need('events'), options);
      object.programs.need('handle_call').attach();
    }

    for (const disorder of [1, 2, 7, 1000])
      for (const size of [16, 17, 100])
        it(`sort batches of records of ${size} bytes that are up to ${disorder} late`, () => {
          startDisordered(disorder, size, { orderBy: TIME_AT });
          let next = 0;
          // More than the ring holds, so that batches and records wrap around.
          for (let round = 0; round < 40; round++) {
            const count = 1 + ((round * 37) % 150);
            callGetegid(count);
            const records = [...ring.drain()].flatMap(contents);
            const came = upTo(count).map((i) => next + i);
            assert.deepEqual(
              records,
              sorted(came, disorder).map((number) => ({ number, length: size })),
            );
            next += count;
          }
          assert.ok(next * (size + 8) > object.maps.need('events').maxEntries || size < 100);
          assert.equal(counter(object, 'lost'), 0n);
        });

    it('sort each batch for itself, and lose none between two', () => {
      // Ten records each.
      startDisordered(50, 16, { orderBy: TIME_AT, batchSize: 10 * 24 });
      callGetegid(95);
      const batches: number[][] = [];
      for (const batch of ring.drain()) batches.push(contents(batch).map(({ number }) => number));
      assert.deepEqual(
        batches,
        Array.from({ length: 10 }, (_, i) => sorted(upTo(95).slice(10 * i, 10 * i + 10), 50)),
      );
    });

    it('leave records alone that are too short to have it', () => {
      startDisordered(50, 8, { orderBy: TIME_AT });
      callGetegid(100);
      const numbers = [...ring.drain()].flatMap(contents).map(({ number }) => number);
      assert.deepEqual(numbers, upTo(100));
    });

    it('leave all as it came where none is given', () => {
      startDisordered(50, 16, {});
      callGetegid(100);
      const numbers = [...ring.drain()].flatMap(contents).map(({ number }) => number);
      assert.deepEqual(numbers, upTo(100));
    });

    it('refuse a place that may wrap around', () => {
      startDisordered(50, 16, {});
      assert.throws(
        () => RingBuffer.open(object.maps.need('events'), { orderBy: 4 }),
        /^UsageError: orderBy 4: expected a multiple of 8$/,
      );
    });
  });

  it('are maps of that type alone', () => {
    start();
    assert.throws(() => RingBuffer.open(object.maps.need('scratch')), {
      name: 'UsageError',
      message: 'map scratch is not a ring buffer',
    });
  });

  it('are waited for by one loop at a time', async () => {
    start();
    const [first, second] = [ring.batches(), ring.records()];
    const got = first.next();
    await setImmediate();
    await assert.rejects(
      second.next(),
      /^UsageError: the map events is read by another loop, which waits for records$/,
    );
    callGetegid(2);
    const { value } = await got;
    assert.equal(value && contents(value).length, 2);
    const last = first.next();
    ring.close();
    assert.equal((await last).done, true);
  });

  it('close more than once', () => {
    start();
    ring.close();
    ring.close();
    object.close();
    object.close();
  });

  it('keep no memory when they are closed', async () => {
    const memory = () => process.memoryUsage().arrayBuffers;
    start(16, { batchSize: 256 << 20 });
    const before = memory();
    ring.close();
    await collected();
    // Whatever else is allocated meanwhile is small.
    assert.ok(before - memory() >= 255 << 20, `${before} before, ${memory()} after`);
  });
});
