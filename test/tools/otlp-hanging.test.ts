import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import type { OpenEvent } from '../helpers/opens.js';
import { ReturningServer } from '../helpers/otlp-outage.js';
import { accountOf, plainEnvironment } from '../helpers/otlp-run.js';
import { OtlpHttpServer } from '../helpers/otlp-server.js';
import { fewer, patient } from '../helpers/patience.js';
import { OPENS, Running, SNOOPKIT, snoopkit } from '../helpers/run.js';
import { parseLines } from '../helpers/trace.js';

/** Time limit for a run to end once it is told to. */
const END_MS = 8000;

describe('--output otlp: an end', () => {
  before(function () {
    needs(this, 'root');
  });

  /** Traces a program that waits for a byte before it opens a file many times; then interrupts. */
  async function interrupted(endpoint: readonly string[], flags: readonly string[], count: number) {
    const opens = new Running(OPENS, ['wait', 'burst', `${count}`, '/dev/null']);
    const words = [SNOOPKIT, 'opensnoop', '-v', '-o', 'json', '--otlp', ...endpoint, ...flags, '-p', `${opens.pid}`];
    const running = new Running(process.execPath, words, { env: plainEnvironment(), timeout: 40_000 });
    try {
      await running.says(/^{"event":"start"/, 'stdout');
      const start = performance.now();
      opens.child.stdin?.end('x');
      await opens.finished;
      const isComplete = () => running.written.split('\n').length >= count + 2;
      while (!isComplete() && performance.now() < start + patient(10_000)) await sleep(10);
      const shown = performance.now() - start;
      // A batch is under way by now, and has failed where it can.
      await sleep(1500);
      const asked = performance.now();
      running.signal('SIGINT');
      const { stdout, status, lines } = await running.finished;
      const events = parseLines<OpenEvent>(stdout);
      assert.ok(performance.now() - asked < patient(END_MS), `${performance.now() - asked} ms`);
      assert.equal(status, 0);
      return { events, account: accountOf(lines), shown };
    } finally {
      opens.kill();
      running.kill();
    }
  }

  const hangs = Array.from({ length: 100 }, () => ({ fault: 'hang' }) as const);

  it('comes in bounded time while a collector hangs, which slows nothing else', async function () {
    this.timeout(patient(30_000));
    const server = await OtlpHttpServer.start();
    server.answers.push(...hangs);
    try {
      const count = fewer(20_000);
      const endpoint = ['--otlp-endpoint', server.url().origin];
      const { events, account, shown } = await interrupted(
        endpoint,
        ['--buffer', '16M', '--otlp-queue', '1000'],
        count,
      );
      assert.equal(events.length, count);
      assert.ok(events.every(({ event, path }) => event === 'open' && path === '/dev/null'));
      assert.ok(shown < patient(5000), `JSON took ${shown} ms`);
      assert.deepEqual([account.seen, account.parts.delivered], [count, 0]);
      assert.ok((account.parts['dropped: queue full'] ?? 0) >= count - 2 * 1000);
    } finally {
      await server.stop();
    }
  });

  it('comes in bounded time while a collector hangs, with a spool that has all then', async function () {
    this.timeout(patient(30_000));
    const server = await OtlpHttpServer.start();
    server.answers.push(...hangs);
    const spool = mkdtempSync(join(tmpdir(), 'snoopkit-spool-'));
    try {
      const endpoint = ['--otlp-endpoint', server.url().origin];
      const { events, account } = await interrupted(endpoint, ['--otlp-spool', spool], 1000);
      assert.deepEqual([events.length, account.seen], [1000, 1000]);
      assert.deepEqual(account.parts, { delivered: 0, 'spooled for the next run': 1000 });
    } finally {
      await server.stop();
      rmSync(spool, { recursive: true });
    }
  });

  it('comes in bounded time while a collector is away', async function () {
    this.timeout(patient(30_000));
    const server = await ReturningServer.away();
    const { events, account } = await interrupted(server.flags, [], 100);
    assert.deepEqual([events.length, account.seen], [100, 100]);
    const { delivered, ...dropped } = account.parts;
    assert.deepEqual([delivered, Object.values(dropped)], [0, [100]]);
  });

  it('gives a batch up when the time for an export is over', async function () {
    this.timeout(patient(40_000));
    const server = await OtlpHttpServer.start();
    server.answers.push(...hangs);
    const env = plainEnvironment({
      OTEL_BLRP_EXPORT_TIMEOUT: '500',
      OTEL_BSP_EXPORT_TIMEOUT: '500',
      OTEL_METRIC_EXPORT_TIMEOUT: '500',
    });
    try {
      for (const [tool, noun] of [
        ['opensnoop', 'log records'],
        ['procsnoop', 'spans'],
      ] as const) {
        const words = [tool, '-o', 'otlp', '--otlp-spans', '--otlp-endpoint', server.url().origin];
        const start = performance.now();
        const { status, lines } = await snoopkit([...words, '--', OPENS, 'burst', '1', '/dev/null'], { env });
        const took = performance.now() - start;
        assert.ok(took < patient(END_MS), `${took} ms`);
        assert.equal(status, 0);
        for (const { seen, parts } of [accountOf(lines, noun), accountOf(lines, 'metrics')])
          assert.deepEqual(parts, { delivered: 0, 'dropped: not accepted by the collector in time': seen });
      }
    } finally {
      await server.stop();
    }
  });

  /** Traces a command until it ends; then interrupts what goes on, since a collector hangs, so many times. */
  async function ended(flags: readonly string[], interrupts: number) {
    const server = await OtlpHttpServer.start();
    server.answers.push(...hangs);
    const words = [SNOOPKIT, 'opensnoop', '-o', 'otlp', '--otlp-timeout', '0', ...flags];
    const running = new Running(
      process.execPath,
      [...words, '--otlp-endpoint', server.url().origin, '--', 'sh', '-c', 'exec </dev/null; echo done'],
      // The flag is in place of it.
      { env: plainEnvironment({ OTEL_BLRP_EXPORT_TIMEOUT: '100' }), timeout: 40_000 },
    );
    try {
      await running.says(/done/, 'stdout');
      await sleep(patient(1500));
      assert.equal(running.child.exitCode, null, 'it waits for the collector');
      const asked = performance.now();
      for (let left = interrupts; left > 0; left--) {
        running.signal('SIGINT');
        await sleep(200);
      }
      const finished = await running.finished;
      return { ...finished, took: performance.now() - asked };
    } finally {
      running.kill();
      await server.stop();
    }
  }

  it('comes soon where the first Ctrl-C does, while all the rest waits for the collector', async function () {
    this.timeout(patient(60_000));
    for (const [flags, expected] of [
      [[], 0],
      [['--fail-on-lost'], 3],
    ] as const) {
      const { status, lines, took } = await ended(flags, 1);
      assert.ok(took > 4000 && took < patient(END_MS), `${took} ms`);
      const { seen, parts } = accountOf(lines, 'log records');
      assert.deepEqual(parts, { delivered: 0, 'dropped: not sent before the run ended': seen });
      assert.equal(status, expected, lines.join('\n'));
    }
  });

  it('comes at once with a second Ctrl-C', async function () {
    this.timeout(patient(30_000));
    const { signal, took } = await ended([], 2);
    assert.ok(took < patient(3000), `${took} ms`);
    assert.equal(signal, 'SIGINT');
  });
});
