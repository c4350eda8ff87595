import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BpfError } from '../../src/bpf/errors.js';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { needs } from '../capability.js';
import { callGetegid, load, open } from './helpers.js';

/** Every order of some things. */
function orders<T>(things: readonly T[]): T[][] {
  if (things.length < 2) return [[...things]];
  return things.flatMap((first) => orders(things.filter((thing) => thing !== first)).map((rest) => [first, ...rest]));
}

/** How many things of BPF this process holds. */
function held(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /bpf|perf_event|btf/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

/** Handles of the event loop are closed in its next turn. */
async function holds(count: number): Promise<void> {
  for (let turn = 0; turn < 10 && held() !== count; turn++) await setImmediate();
  assert.equal(held(), count);
}

describe('bpf: closing', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const order of orders(['object', 'program', 'link', 'ring'] as const))
    it(`works in the order ${order.join(', ')}`, async () => {
      const before = held();
      const object = load('ring');
      const program = object.programs.need('handle_call');
      const things = { object, program, link: program.attach(), ring: RingBuffer.open(object.maps.need('events')) };
      callGetegid(3);
      for (const name of order) {
        things[name].close();
        callGetegid(1);
      }
      for (const name of order) things[name].close();
      await holds(before);
    });

  it('comes by itself at the end of a block', async () => {
    const before = held();
    {
      using object = load('ring');
      using ring = RingBuffer.open(object.maps.need('events'));
      using _link = object.programs.need('handle_call').attach();
      callGetegid(2);
      assert.equal([...ring.drain()].length, 1);
      assert.ok(held() > before);
    }
    await holds(before);
  });

  it('of an object ends its links', () => {
    const object = load('ring');
    const ring = RingBuffer.open(object.maps.need('events'));
    object.programs.need('handle_call').attach();
    object.close();
    callGetegid(5);
    assert.equal(ring.pending, 0);
    ring.close();
  });

  it('leaves nothing to do', () => {
    const object = open('ring');
    object.close();
    for (const call of [
      () => object.load(),
      () => object.maps.need('events').fd,
      () => object.programs.need('handle_call').attach(),
      () => object.globals.need('size').get(),
      () => object.globals.need('size').set(1),
    ])
      assert.throws(call, BpfError, String(call));
  });

  it('happens when nobody holds the object any more', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const before = held();
    (() => {
      for (let i = 0; i < 5; i++) {
        const object = load('ring');
        object.programs.need('handle_call').attach();
        RingBuffer.open(object.maps.need('events'));
      }
    })();
    assert.ok(held() > before);
    for (let i = 0; i < 100 && held() > before; i++) {
      gc();
      await setImmediate();
    }
    await holds(before);
  });

  it('is not forgotten when something fails', async () => {
    const before = held();
    for (let i = 0; i < 20; i++) {
      const object = open('refused');
      assert.throws(() => object.load());
      object.close();
      const hooks = load('hooks', ['count_raw', 'count_tracepoint']);
      assert.throws(() => hooks.programs.need('count_raw').attachRawTracepoint('nothing'));
      assert.throws(() => hooks.programs.need('count_tracepoint').attachTracepoint('no', 'thing'));
      hooks.close();
    }
    await holds(before);
  });
});
