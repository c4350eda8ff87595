import assert from 'node:assert/strict';
import { EventRecord } from '../../src/events/column.js';
import { ObjectSink } from '../../src/trace/object-sink.js';
import { numberColumn } from '../output/helpers.js';

describe('trace: events as objects', () => {
  /** A sink with the events 0 to `count` - 1. */
  function filled(count: number): ObjectSink {
    let next = 0;
    const sink = new ObjectSink([numberColumn({ value: () => next++ })]);
    for (let i = 0; i < count; i++) sink.event(new EventRecord());
    return sink;
  }

  async function numbers(sink: ObjectSink, most = Number.POSITIVE_INFINITY): Promise<unknown[]> {
    const read: unknown[] = [];
    for await (const { number } of sink.events()) if (read.push(number) === most) break;
    return read;
  }

  it('leaves to a later reader what an earlier one has not read', async () => {
    const sink = filled(10);
    assert.deepEqual(await numbers(sink, 3), [0, 1, 2]);
    sink.event(new EventRecord());
    assert.deepEqual(await numbers(sink, 7), [3, 4, 5, 6, 7, 8, 9]);
    sink.finish();
    assert.deepEqual([await numbers(sink), await numbers(sink)], [[10], []]);
  });

  it('has one reader at a time', async () => {
    const sink = filled(0);
    const first = numbers(sink);
    assert.throws(() => sink.events(), { code: 'ERR_SNOOPKIT_ITERATED' });
    sink.finish();
    assert.deepEqual([await first, await numbers(sink)], [[], []]);
  });

  it('throws whatever the run failed with, after the last event', async () => {
    const sink = filled(1);
    sink.finish({ error: undefined });
    const events = sink.events();
    assert.deepEqual(await events.next(), { done: false, value: { number: 0 } });
    const failure = await events.next().then(
      () => 'success',
      (error) => error,
    );
    assert.equal(failure, undefined);
  });
});
