import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BpfObject } from '../../src/bpf/object.js';
import { PerfBuffer, type PerfBufferOptions } from '../../src/bpf/perf-buffer.js';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { proves } from '../kernels/types.js';
import { callGetegid, counter, open } from './helpers.js';

const descriptors = () => readdirSync('/proc/self/fd').length;

describe('bpf: perf event arrays', () => {
  let object: BpfObject;
  let buffer: PerfBuffer;
  before(function () {
    needs(this, 'root');
  });

  function start(size = 16, options: PerfBufferOptions = {}): void {
    const opened = open('perf');
    opened.globals.need('target').set(process.pid);
    opened.globals.need('size').set(size);
    object = opened.load();
    buffer = PerfBuffer.open(object.maps.need('events'), options);
    object.programs.need('handle_call').attach();
  }
  afterEach(() => {
    buffer?.close();
    object?.close();
  });

  /** Numbers and lengths of all that is pending. */
  function pending(): { number: number; length: number }[] {
    const found: { number: number; length: number }[] = [];
    for (const batch of buffer.drain())
      batch.forEach((offset, length) => {
        found.push({ number: Number(batch.bytes.readBigUInt64LE(offset)), length });
      });
    return found;
  }
  const numbers = () =>
    pending()
      .map(({ number }) => number)
      .sort((a, b) => a - b);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

  for (const size of [16, 17, 1001, 8192])
    it(`give records of ${size} bytes and the kernel's padding`, () => {
      start(size, { batchSize: 64 });
      callGetegid(5);
      const found = pending();
      assert.deepEqual(found.map(({ number }) => number).sort(), upTo(5));
      for (const { length } of found) assert.ok(length >= size && length < size + 8, `${length}`);
      assert.equal(buffer.pending, 0);
    });

  it('give records that wrap around, many times over', () => {
    start(1000, { pages: 1 });
    for (let round = 0; round < 100; round++) {
      callGetegid(3);
      assert.deepEqual(
        numbers(),
        [0, 1, 2].map((i) => round * 3 + i),
      );
    }
    assert.equal(buffer.lost, 0);
  });

  it('count what finds no room', () => {
    start(1000, { pages: 1 });
    callGetegid(100);
    const found = numbers().length;
    assert.ok(found < 100);
    // Told with the next record.
    callGetegid(1);
    assert.deepEqual(numbers(), [100]);
    assert.equal(found + buffer.lost, 100);
    assert.equal(Number(counter(object, 'lost')), buffer.lost);
  });

  proves({ 'map perf_event_array': 'read' }).it('give records as they come, until their object is closed', async () => {
    start(16, { delay: 1 });
    const found: number[] = [];
    const reading = (async () => {
      for await (const record of buffer.records()) found.push(Number(record.readBigUInt64LE()));
    })();
    for (let i = 0; i < 5; i++) {
      callGetegid(2);
      const limit = performance.now() + patient(2000);
      while (found.length < 2 * (i + 1) && performance.now() < limit) await sleep(5);
      assert.deepEqual(
        [...found].sort((a, b) => a - b),
        upTo(2 * (i + 1)),
      );
    }
    object.close();
    await reading;
  });

  it('are sorted by a member on request', () => {
    start(16, { orderBy: 8 });
    callGetegid(50);
    assert.deepEqual(
      pending().map(({ number }) => number),
      upTo(50),
    );
  });

  it('leave nothing when they are closed', () => {
    start();
    object.close();
    buffer.close();
    const before = descriptors();
    start();
    callGetegid(1);
    buffer.close();
    callGetegid(1);
    assert.equal(Number(counter(object, 'lost')), 1, 'its events are out of the map');
    object.close();
    assert.equal(descriptors(), before);
    assert.throws(() => buffer.lost, { name: 'ClosedError' });
  });

  it('refuse other maps, a second reader and wrong sizes', () => {
    start();
    const events = object.maps.need('events');
    const usage = (message: string) => ({ name: 'UsageError', message });
    assert.throws(() => PerfBuffer.open(object.maps.need('scratch')), usage('map scratch is not a perf event array'));
    assert.throws(() => PerfBuffer.open(events), usage('the map events has a reader: close it first'));
    buffer.close();
    assert.throws(() => PerfBuffer.open(events, { pages: 3 }), usage('pages 3: expected a power of two'));
    assert.throws(() => PerfBuffer.open(events, { pages: 0 }), usage('pages 0: expected an integer from 1 to 65536'));
  });
});
