import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  binding,
  EBADF,
  EBUSY,
  EINVAL,
  ENOSPC,
  openFds,
  RECORD,
  RING_SIZE,
  range,
  sleep,
  Tracer,
  turn,
} from './helpers.js';

describe('native ring', () => {
  let tracer: Tracer;
  beforeEach(() => {
    tracer = new Tracer();
  });
  afterEach(() => {
    tracer.close();
  });

  it('hands out records in order, across many wraparounds, with none lost or doubled', () => {
    const seen: number[] = [];
    for (let round = 0; round < 200; round++) {
      tracer.emit(1 + ((round * 37) % 160));
      seen.push(...tracer.read());
    }
    assert.ok(seen.length * RECORD > 50 * RING_SIZE);
    assert.deepEqual(seen, range(0, seen.length));
    assert.equal(tracer.lost(), 0n);
  });

  it('moves no more than the target holds, and the rest next time', () => {
    tracer.emit(10);
    assert.equal(tracer.ring.pending(), 10 * RECORD);
    assert.deepEqual(tracer.read(4 * RECORD + 7), range(0, 4));
    assert.equal(tracer.ring.pending(), 6 * RECORD);
    assert.deepEqual(tracer.read(), range(4, 10));
    assert.deepEqual(tracer.read(), []);
  });

  it('says -ENOSPC when the first record does not fit, and keeps it', () => {
    assert.equal(tracer.ring.consume(new Uint8Array(0)), 0);
    tracer.emit();
    assert.equal(tracer.ring.consume(new Uint8Array(0)), ENOSPC);
    assert.equal(tracer.ring.consume(new Uint8Array(RECORD - 1)), ENOSPC);
    assert.deepEqual(tracer.read(RECORD), [0]);
  });

  it('frees the room it consumed, and loses what finds no room', () => {
    const fits = Math.floor((RING_SIZE - 1) / RECORD);
    tracer.emit(fits + 30);
    assert.equal(tracer.lost(), 30n);
    assert.deepEqual(tracer.read(), range(0, fits));
    tracer.emit(fits);
    assert.equal(tracer.lost(), 30n);
    assert.equal(tracer.read().length, fits);
  });

  it('hands out discarded records marked as such', () => {
    const discarding = new Tracer(2);
    discarding.emit(6);
    assert.equal(discarding.ring.pending() >= 6 * RECORD, true);
    assert.deepEqual(discarding.read(), [1, 3, 5]);
    discarding.close();
  });

  it('calls ready once, for data that comes and for data that is there', async () => {
    let calls = 0;
    assert.equal(
      tracer.ring.wait(() => calls++),
      0,
    );
    await sleep(20);
    assert.equal(calls, 0);
    tracer.emit(3);
    await sleep(20);
    assert.equal(calls, 1);
    tracer.emit(3);
    await sleep(20);
    assert.equal(calls, 1);
    await tracer.wait();
    assert.deepEqual(tracer.read(), range(0, 6));
  });

  it('reads a stream by waiting', async () => {
    const timer = setInterval(() => tracer.emit(17), 1);
    const seen: number[] = [];
    while (seen.length < 500) {
      await tracer.wait();
      seen.push(...tracer.read());
    }
    clearInterval(timer);
    assert.deepEqual(seen, range(0, seen.length));
  });

  it('takes one wait at a time, and the next from within ready', async () => {
    assert.equal(
      tracer.ring.wait(() => assert.fail('cancelled')),
      0,
    );
    assert.equal(
      tracer.ring.wait(() => assert.fail('refused')),
      EBUSY,
    );
    tracer.emit();
    tracer.ring.cancel();
    tracer.ring.cancel();
    await turn();
    await new Promise<void>((resolve) => {
      tracer.ring.wait(() => tracer.ring.wait(resolve));
    });
  });

  it('runs microtasks after ready, in the async context of wait', async () => {
    const storage = new AsyncLocalStorage<string>();
    tracer.emit();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      storage.run('context', () => {
        tracer.ring.wait(() => {
          order.push(`ready in ${storage.getStore()}`);
          queueMicrotask(() => order.push('microtask'));
          setImmediate(() => {
            order.push('immediate');
            resolve();
          });
        });
      });
    });
    assert.deepEqual(order, ['ready in context', 'microtask', 'immediate']);
  });

  it('closes while waiting, within ready, and twice', async () => {
    tracer.ring.wait(() => assert.fail('closed'));
    tracer.emit();
    tracer.ring.close();
    await sleep(10);
    tracer.ring.close();
    const other = new Tracer();
    other.emit();
    await new Promise<void>((resolve) => {
      other.ring.wait(() => {
        other.ring.close();
        resolve();
      });
    });
    await turn();
    other.close();
  });

  it('answers -EBADF when closed', () => {
    tracer.ring.close();
    assert.equal(tracer.ring.consume(new Uint8Array(64)), EBADF);
    assert.equal(tracer.ring.pending(), EBADF);
    assert.equal(
      tracer.ring.wait(() => {}),
      EBADF,
    );
    tracer.ring.cancel();
  });

  it('outlives the object and the link', async () => {
    tracer.emit(2);
    tracer.link.close();
    tracer.object.close();
    await tracer.wait();
    assert.deepEqual(tracer.read(), [0, 1]);
  });

  it('refuses what is no ring, or has another size', () => {
    assert.equal(binding.openRing(tracer.object.mapFd('numbers'), 4096, -1), EINVAL);
    for (const size of [0, 1, 2048, 8192, 0xffff_ffff])
      assert.equal(binding.openRing(tracer.object.mapFd('events'), size, -1), EINVAL);
    assert.ok((binding.openRing(-1, 4096, -1) as number) < 0);
    assert.throws(() => binding.openRing(Number.NaN, 4096, -1), TypeError);
    assert.throws(() => tracer.ring.consume('text' as never), TypeError);
    assert.throws(() => tracer.ring.consume(new Uint16Array(8) as never), TypeError);
    assert.throws(() => tracer.ring.wait(null as never), TypeError);
  });

  it('leaks no fd', async () => {
    const before = openFds();
    for (let i = 0; i < 20; i++) {
      const other = new Tracer();
      if (i % 2) other.ring.wait(() => {});
      other.close();
    }
    await sleep(10);
    assert.equal(openFds(), before);
  });
});
