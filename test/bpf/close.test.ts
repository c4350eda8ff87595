import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ClosedError, VerifierError } from '../../src/bpf/errors.js';
import { setLog } from '../../src/bpf/log.js';
import type { OpenedObject } from '../../src/bpf/object.js';
import { RingBuffer } from '../../src/bpf/ring-buffer.js';
import { needs } from '../capability.js';
import { PROBED } from '../helpers/run.js';
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

/** The error of a use after the end. */
const closed = (message: string | RegExp) => ({
  name: 'ClosedError',
  code: 'ERR_SNOOPKIT_CLOSED',
  errno: 'EBADF',
  message,
});

/** Everything that changes an opened object. */
const setters = (object: OpenedObject): (() => unknown)[] => [
  () => {
    object.maps.need('events').maxEntries = 4096;
  },
  () => {
    object.maps.need('events').valueSize = 4;
  },
  () => {
    object.programs.need('handle_call').autoload = false;
  },
  () => {
    object.programs.need('handle_call').attachTarget = 'sys_enter';
  },
  () => object.globals.need('size').get(),
  () => object.globals.need('size').set(1),
];

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

  it('may happen while a program is being attached', () => {
    const object = load('skeleton');
    const program = object.programs.need('handle_call');
    let isFirst = true;
    setLog(() => {
      if (isFirst) object.close();
      isFirst = false;
    });
    try {
      // libbpf logs the refusal, or nothing at all.
      assert.throws(() => program.attachRawTracepoint('no_such_tracepoint'));
    } finally {
      setLog(undefined);
    }
    assert.ok(!isFirst);
    assert.throws(() => program.fd, ClosedError);
  });

  it('of a program that is being attached leaves no link', async () => {
    const object = load('hooks', ['count_entry']);
    const program = object.programs.need('count_entry');
    const before = held();
    // libbpf says where it found the symbol.
    setLog(() => program.close());
    try {
      assert.throws(() => program.attachUprobe(PROBED, 'probed'), closed('the program count_entry is closed'));
    } finally {
      setLog(undefined);
    }
    await holds(before - 1);
    object.close();
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
    object.close();
    for (const call of [() => object.load(), ...setters(object)])
      assert.throws(call, closed('the object ring is closed'), String(call));
  });

  it('is what a load does to the opened object', () => {
    const consumed = closed('the object ring was consumed by load(): use the object that load() returned');
    const opened = open('ring');
    const object = opened.load();
    for (const call of [() => opened.load(), ...setters(opened)]) assert.throws(call, consumed, String(call));
    opened.close();
    assert.ok(object.maps.need('events').fd > 2);
    object.close();
    // Also one that fails.
    const refused = open('refused');
    assert.throws(() => refused.load(), VerifierError);
    assert.throws(() => refused.load(), closed(/^the object refused was consumed by load\(\)/));
  });

  it('of a loaded object is what later uses say', () => {
    const object = load('ring');
    const [map, program] = [object.maps.need('events'), object.programs.need('handle_call')];
    const link = program.attach();
    object.close();
    for (const call of [
      () => map.fd,
      () => map.get(0),
      () => map.set(0, 0),
      () => map.delete(0),
      () => map.readAll(),
      () => [...map],
      () => RingBuffer.open(map),
      () => program.fd,
      () => program.misses,
      () => program.attach(),
      () => program.attachTracepoint('syscalls', 'sys_enter_getegid'),
      () => program.attachKprobe('vfs_open'),
      () => program.attachCgroup('/'),
      () => program.attachXdp('nope0'),
      () => link.fd,
      () => program.attachTc('nope0', 'ingress'),
      () => program.attachSocket(0),
      () => program.attachUsdt('/bin/sh', 'a', 'b'),
      () => program.attachTrace(),
      () => program.info(),
      () => program.id,
      () => program.pin('/none'),
      () => program.unpin(),
      () => program.run(),
      () => object.attachStructOps('none'),
      () => link.info(),
      () => link.pin('/none'),
      () => link.unpin(),
      () => link.update(program),
      () => link.detach(),
      () => link.read(),
      () => link.openIterator(),
      () => object.globals.need('lost').get(),
      () => object.globals.need('lost').set(0n),
      () => object.constants.need('size').get(),
    ])
      assert.throws(call, closed('the object ring is closed'), String(call));
  });

  it('of one of its parts leaves the others', () => {
    const object = load('ring');
    const [map, program] = [object.maps.need('events'), object.programs.need('handle_call')];
    const ring = RingBuffer.open(map);
    map.close();
    map.close();
    assert.throws(() => map.fd, closed('the map events is closed'));
    const [first, second] = [program.attach(), program.attachTracepoint('syscalls', 'sys_exit_getegid')];
    first.close();
    first.close();
    assert.throws(() => first.fd, closed(/^the link of handle_call to .* is closed$/));
    callGetegid(2);
    const before = ring.pending;
    assert.ok(before > 0);
    program.detach();
    assert.throws(() => second.fd, ClosedError);
    callGetegid(2);
    assert.equal(ring.pending, before);
    program.attach();
    callGetegid(1);
    assert.ok(ring.pending > before);
    program.close();
    program.close();
    assert.throws(() => program.attach(), closed('the program handle_call is closed'));
    ring.close();
    assert.throws(() => ring.pending, closed('the reader of the map events is closed'));
    object.close();
  });

  it('may happen while one walks through a map, or reads a ring', async () => {
    const object = load('maps');
    const places = object.maps.need('list');
    const walks = [places.keys(), places[Symbol.iterator](), places.entries({ batch: 1 })];
    for (const walk of walks) walk.next();
    object.close();
    // The last piece that was read may still be given.
    for (const walk of walks) assert.throws(() => [...walk], closed('the object maps is closed'));
    const fed = load('ring');
    const ring = RingBuffer.open(fed.maps.need('events'));
    fed.programs.need('handle_call').attach();
    callGetegid(3);
    let count = 0;
    for await (const _ of ring.records()) {
      count++;
      fed.close();
      ring.close();
    }
    assert.equal(count, 3);
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

  it("frees the kernel's BTF that a target has been looked up in", () => {
    const { inUse } = createRequire(import.meta.url)('../native/fixtures/malloc.node') as { inUse: () => number };
    const round = (close: (opened: OpenedObject) => void) => {
      const opened = open('hooks');
      for (const program of opened.programs.values()) program.autoload = program.name === 'count_typed';
      opened.programs.need('count_typed').attachTarget = 'sys_exit';
      close(opened);
    };
    const closes = [(opened: OpenedObject) => opened.close(), (opened: OpenedObject) => opened.load().close()];
    for (const close of closes) {
      round(close);
      const before = inUse();
      for (let i = 0; i < 4; i++) round(close);
      // Some 6 MB each.
      assert.ok(inUse() - before < 4 << 20, `${inUse() - before} bytes are left`);
    }
  });
});
