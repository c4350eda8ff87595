import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { ClosedError } from '../../src/bpf/errors.js';
import type { BpfObject } from '../../src/bpf/object.js';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { UserRingBuffer } from '../../src/bpf/user-ring-buffer.js';
import { BtfError } from '../../src/btf/index.js';
import { NotFoundError, UsageError } from '../../src/errors.js';
import { EventReader } from '../../src/events/reader.js';
import { eventSchema } from '../../src/events/schema.js';
import { needs } from '../capability.js';
import { fakeContext } from '../events/helpers.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { proves } from '../kernels/types.js';
import { counter, load } from './helpers.js';

const STRUCT = 'sum_request';
const request = (amount: bigint, name = '') => ({ operation: 'OPERATION_ADD', weight: 2, amount, name });
/** Length of a request in the ring, whose size is 4096. */
const FULL = Math.floor(4096 / (8 + 32));

/** Has the program take what is in the ring. Returns the number of records. */
const drain = (object: BpfObject) => object.programs.need('drain_requests').run().ret;
const openTyped = (object: BpfObject) =>
  UserRingBuffer.open(object.maps.need('requests'), { btf: object.btf, struct: STRUCT });

describe('bpf: user ring buffer', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'user ring buffers', kernelIsSince(6, 1) || 'the kernel is older than 6.1');
  });

  proves({ 'map user_ringbuf': 'drained' }).it('brings objects and bytes to a program, in order', () => {
    using object = load('user-ring');
    using writer = openTyped(object);
    using answers = RingBuffer.open(object.maps.need('answers'));
    assert.ok(writer.write(request(5n, 'first')));
    assert.ok(writer.write({ operation: 'OPERATION_SUBTRACT', weight: 1, amount: 3n, name: 'second' }));
    // Members that are left out are zero.
    assert.ok(writer.write({ amount: 7n }));
    assert.ok(writer.write(new Uint8Array(5)));
    // Of another realm.
    assert.ok(writer.write(runInNewContext('new Uint8Array(0)')));
    assert.equal(drain(object), 5);
    assert.equal(drain(object), 0);
    assert.deepEqual([counter(object, 'total'), counter(object, 'received'), counter(object, 'bytes')], [7n, 5n, 2n]);
    const reader = new EventReader(eventSchema(object.btf, 'sum_answer', fakeContext()));
    const events: unknown[] = [];
    for (const batch of answers.drain())
      batch.forEach((offset, length) => {
        events.push(reader.read(batch.bytes, offset, length));
      });
    assert.deepEqual(events, [
      { total: 10n, operation: 'OPERATION_ADD', size: 32, name: 'first' },
      { total: 7n, operation: 'OPERATION_SUBTRACT', size: 32, name: 'second' },
      { total: 7n, operation: '0', size: 32, name: '' },
    ]);
  });

  it('takes objects of structs of any size', () => {
    using object = load('user-ring');
    const map = object.maps.need('requests');
    const open = (struct: string) => UserRingBuffer.open(map, { btf: object.btf, struct });
    using noted = open('sum_noted_request');
    assert.ok(noted.write({ request: request(5n), note: 'note' }));
    noted.close();
    using short = open('sum_short_request');
    assert.ok(short.write({ weight: 1, kind: 2 }));
    assert.equal(drain(object), 2);
    assert.deepEqual(
      ['total', 'received', 'bytes', 'padded'].map((name) => counter(object, name)),
      [10n, 2n, 1n, 0n],
    );
  });

  it('says when it is full, and has room again when it is drained', () => {
    using object = load('user-ring');
    using writer = openTyped(object);
    let written = 0;
    while (writer.write(request(1n))) written++;
    assert.equal(written, FULL);
    assert.equal(writer.write(request(1n)), false);
    assert.equal(drain(object), FULL);
    assert.equal(counter(object, 'total'), BigInt(2 * FULL));
    assert.equal(writer.write(request(1n)), true);
    assert.equal(drain(object), 1);
  });

  it('loses none of many, also at the end of its memory', () => {
    using object = load('user-ring');
    using writer = openTyped(object);
    let sum = 0n;
    for (let i = 1n; i <= 10_000n; i++) {
      if (!writer.write(request(i))) {
        drain(object);
        assert.ok(writer.write(request(i)));
      }
      sum += 2n * i;
    }
    drain(object);
    assert.deepEqual([counter(object, 'received'), counter(object, 'total')], [10_000n, sum]);
  });

  it('refuses what does not fit', () => {
    using object = load('user-ring');
    const map = object.maps.need('requests');
    assert.throws(() => UserRingBuffer.open(object.maps.need('answers')), {
      code: 'ERR_SNOOPKIT_USAGE',
      message: 'map answers is not a user ring buffer',
    });
    assert.throws(() => UserRingBuffer.open(map, { btf: object.btf, struct: 'no_such' }), NotFoundError);
    assert.throws(() => UserRingBuffer.open(map, null as never), UsageError);
    using writer = openTyped(object);
    assert.throws(() => UserRingBuffer.open(map), {
      code: 'ERR_SNOOPKIT_USAGE',
      message: 'the map requests has a writer: close it first',
    });
    assert.throws(() => writer.write(new Uint8Array(5000)), {
      code: 'ERR_SNOOPKIT_USAGE',
      message: 'a record of 5000 bytes is larger than the ring requests, of 4096',
    });
    assert.throws(() => writer.write({ operation: 'OPERATION_DIVIDE' }), BtfError);
    assert.throws(() => writer.write({ other: 1 }), BtfError);
    writer.close();
    using plain = UserRingBuffer.open(map);
    assert.throws(() => plain.write({ amount: 1n } as never), UsageError);
    assert.ok(plain.write(new Uint8Array(32)));
    assert.equal(drain(object), 1);
  });

  it('is closed with its object, or before', () => {
    const object = load('user-ring');
    const map = object.maps.need('requests');
    const first = UserRingBuffer.open(map);
    first.close();
    first.close();
    assert.throws(() => first.write(new Uint8Array(8)), ClosedError);
    const second = UserRingBuffer.open(map);
    first.close();
    assert.throws(() => UserRingBuffer.open(map), UsageError);
    object.close();
    assert.throws(() => second.write(new Uint8Array(8)), {
      code: 'ERR_SNOOPKIT_CLOSED',
      message: 'the writer of the map requests is closed',
    });
    assert.throws(() => UserRingBuffer.open(map), ClosedError);
  });
});
