/** How the runs of programs end: whatever readers and sinks do, everything is released. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SnoopkitError } from '../../src/errors.js';
import type { EventRecord } from '../../src/events/column.js';
import { jsonLines } from '../../src/output/index.js';
import { BaseSink, type TraceExtras, trace } from '../../src/trace/index.js';
import { patient } from '../helpers/patience.js';
import { descriptors, take, useTraceFiles } from '../helpers/trace-files.js';

describe('snoopkit/trace: the end of a run', () => {
  const files = useTraceFiles();
  const { open } = files;

  it('ends although nobody reads, and what it has seen can be read later', async () => {
    const [name] = open('often');
    /** A child opens it more often than events may wait. */
    const openOften = () =>
      assert.equal(spawnSync('sh', ['-c', `i=0; while [ $i -lt 5000 ]; do i=$((i+1)); : < ${name}; done`]).status, 0);
    const options = { ppid: process.pid, path: name as string };
    const abort = new AbortController();
    const aborted = await trace('opensnoop', options, { signal: abort.signal });
    openOften();
    for (let i = 0; i < 200 && aborted.events < 4096; i++) await sleep(10);
    assert.ok(aborted.events >= 4096, `${aborted.events}`);
    abort.abort();
    await aborted.ended();
    assert.deepEqual(descriptors(), files.held);
    assert.equal((await take(aborted, 10_000)).length, aborted.events);

    const short = await trace('opensnoop', { ...options, duration: `${patient(1000)}ms` });
    openOften();
    await short.ended();
    assert.ok((await take(short, 10_000)).length >= 4096);

    const counted = await trace('opensnoop', { ...options, maxEvents: 4096 });
    openOften();
    await counted.ended();
    assert.equal((await take(counted, 10_000)).length, 4096);

    const stop = new AbortController();
    const left = await trace('opensnoop', options, { signal: stop.signal });
    openOften();
    await left[Symbol.asyncIterator]().next();
    stop.abort();
    await left.ended();
  });

  it('lets the event loop turn, so that timers end a row of short runs', async () => {
    const endOne = async () => (await trace('opensnoop', { pid: process.pid })).close();
    // The first one loads modules.
    await endOne();
    let isDue = false;
    setImmediate(() => {
      isDue = true;
    });
    await endOne();
    assert.ok(isDue);
  });

  it('ends although programs report faster than a sink takes', async () => {
    const file = open('always')[0] as string;
    const child = spawn('timeout', [`${patient(5000) / 1000}`, 'sh', '-c', `while :; do : < ${file}; done`]);
    try {
      class Slow extends BaseSink {
        override event(_record: EventRecord): void {
          const until = performance.now() + 0.1;
          while (performance.now() < until);
        }
      }
      const sinks = [() => new Slow()];
      const abort = new AbortController();
      const options = { ppid: child.pid as number, path: file, buffer: '64K' };
      const notices = { info: () => {}, warn: () => {}, error: assert.fail };
      const slow = await trace('opensnoop', options, { sinks, signal: abort.signal, notices });
      await sleep(100);
      const from = performance.now();
      abort.abort();
      await slow.ended();
      // Until the child ends otherwise.
      assert.ok(performance.now() - from < patient(2000), `${performance.now() - from} ms`);
    } finally {
      if (child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    }
  });

  it('ends within the time limit of a file whose reader has stalled', async () => {
    const path = join(files.folder, 'fifo');
    assert.equal(spawnSync('mkfifo', [path]).status, 0);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const abort = new AbortController();
    try {
      const sinks = [jsonLines(path)];
      const options = { ppid: process.pid, path: files.folder, fullPath: true };
      const stalled = await trace('opensnoop', options, { sinks, signal: abort.signal });
      const others = descriptors().length;
      for (let i = 0; i < 20; i++) open(...Array.from({ length: 100 }, (_, n) => `stalled-${'x'.repeat(100)}-${n}`));
      await sleep(100);
      abort.abort();
      const ended = assert.rejects(stalled.ended(), { code: 'ERR_SNOOPKIT_STALLED' });
      await sleep(patient(1000));
      assert.ok(descriptors().length < others, 'detached meanwhile');
      await ended;
    } finally {
      closeSync(reader);
    }
    for (let i = 0; i < 50 && descriptors().length > files.held.length; i++) await sleep(20);
  });

  it('rejects if the signal aborts before anything is attached', async () => {
    class Empty extends BaseSink {
      override event(): void {}
    }
    const reason = new Error('not wanted');
    const abortIn = (when: 'made' | 'opened' | 'started'): TraceExtras => {
      const abort = new AbortController();
      const sink = new Empty();
      if (when === 'opened')
        sink.open = async () => {
          abort.abort(reason);
          return true;
        };
      if (when === 'started') sink.start = () => abort.abort(reason);
      const make = () => {
        if (when === 'made') abort.abort(reason);
        return sink;
      };
      return { signal: abort.signal, sinks: [make] };
    };
    for (const when of ['made', 'opened'] as const)
      await assert.rejects(trace('opensnoop', { ppid: process.pid }, abortIn(when)), reason);
    const started = await trace('opensnoop', { ppid: process.pid }, abortIn('started'));
    await started.ended();
  });

  it('goes on with a later iteration, and refuses one beside another', async () => {
    const opens = await trace('opensnoop', { ppid: process.pid, path: files.folder, maxEvents: 10 });
    const names = Array.from({ length: 10 }, (_, i) => `${i}`);
    const first = opens[Symbol.asyncIterator]();
    const waiting = first.next();
    await assert.rejects(
      take(opens, 1),
      (error: Error) => error instanceof SnoopkitError && error.code === 'ERR_SNOOPKIT_ITERATED',
    );
    const paths = open(...names);
    const seen = [(await waiting).value?.path];
    await opens.ended();
    await first.return();
    for (const count of [3, 10]) seen.push(...(await take(opens, count)).map(({ path }) => path));
    assert.deepEqual(seen, paths);
  });

  it('throws the error of a run once', async () => {
    const failing = () =>
      trace('opensnoop', { ppid: process.pid, path: files.folder }, { sinks: [jsonLines('/dev/full')] });
    type Failing = Awaited<ReturnType<typeof failing>>;
    for (const wait of [
      (run: Failing) => take(run, 1),
      (run: Failing) => run.ended(),
      async (run: Failing) => {
        await run.ended().catch(() => {});
        await run.close();
      },
      async (run: Failing) => {
        // Only disposal throws it.
        while (descriptors().length > files.held.length) await sleep(10);
        return run.events;
      },
    ]) {
      const used = async () => {
        await using run = await failing();
        open('lost');
        await wait(run);
      };
      await assert.rejects(used(), { code: 'ERR_SNOOPKIT_OUTPUT' });
    }
  });
});
