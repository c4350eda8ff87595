import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import type { OpenEvent } from '../helpers/opens.js';
import { arrivalsOf } from '../helpers/otlp-arrivals.js';
import { keyOfEvent, keyOfLog, ReturningServer } from '../helpers/otlp-outage.js';
import { ACCOUNT, type Account, accountOf, plainEnvironment } from '../helpers/otlp-run.js';
import { type HttpAnswer, type HttpRequest, OtlpHttpServer, partialSuccess } from '../helpers/otlp-server.js';
import { patient } from '../helpers/patience.js';
import { OPENS, Running, SNOOPKIT } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { parseLines, Trace, type Traced } from '../helpers/trace.js';

const LOST = 'snoopkit.events.lost';
const COUNT = 300;
const BURST = [OPENS, 'burst', `${COUNT}`, '/dev/null'];
const OUTAGE_SAID = 'cannot export log records, will retry';

describe('--output otlp: delivery', () => {
  let trace: Trace<OpenEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('opensnoop');
  });
  after(() => trace?.remove());

  interface Delivery extends Traced<OpenEvent> {
    readonly requests: readonly HttpRequest[];
    readonly account: Account;
    /** What it says beside the account. */
    readonly troubles: readonly string[];
  }

  /** A run whose collector gives these answers first. Metrics, which would take some of them, are left out. */
  async function deliver(answers: readonly HttpAnswer[], flags: readonly string[] = []): Promise<Delivery> {
    const server = await OtlpHttpServer.start();
    server.answers.push(...answers);
    try {
      const env = plainEnvironment({ OTEL_METRICS_EXPORTER: 'none' });
      const all = ['--otlp', '--otlp-endpoint', server.url().origin, ...flags];
      const traced = await trace.run(all, BURST, { env, maySay: /^snoopkit: / });
      assert.equal(traced.status, 0);
      const troubles = traced.lines.filter((line) => !ACCOUNT.test(line));
      return { ...traced, requests: server.requests, account: accountOf(traced.lines), troubles };
    } finally {
      await server.stop();
    }
  }

  const eventsIn = (requests: readonly HttpRequest[]) =>
    arrivalsOf(requests)
      .logs.filter(({ name }) => name !== LOST)
      .map(keyOfLog);

  for (const [what, answer, least] of [
    ['503', { status: 503 }, 700],
    ['429, with Retry-After', { status: 429, headers: { 'retry-after': '2' } }, 1900],
    ['nothing, and closes the connection', { fault: 'close' }, 700],
  ] as const)
    it(`has all arrive, once, after the collector answered ${what}`, async () => {
      const start = performance.now();
      const { events, requests, account, troubles } = await deliver([answer], ['--otlp-batch', '100']);
      assert.ok(performance.now() - start >= least, 'it waited');
      assert.deepEqual(account, { seen: events.length, earlier: 0, parts: { delivered: events.length } });
      const [refused, ...taken] = requests;
      assert.deepEqual(eventsIn(taken), events.map(keyOfEvent));
      assert.deepEqual(refused?.body, taken[0]?.body, 'the same again');
      assert.equal(troubles.length, 1, troubles.join('\n'));
      assert.match(troubles[0] ?? '', new RegExp(`^snoopkit: ${OUTAGE_SAID}: `));
    });

  it('tells what the collector rejected', async () => {
    const { events, requests, account, troubles } = await deliver([{ body: partialSuccess(7, 'too old') }]);
    const all = arrivalsOf(requests).logs;
    assert.deepEqual(eventsIn(requests), events.map(keyOfEvent));
    assert.deepEqual(account.parts, { delivered: all.length - 7, 'rejected by the collector': 7 });
    assert.deepEqual(troubles, ['snoopkit: the collector rejected 7 log records: too old']);
  });

  it('gives up what the collector refuses, tells it, and goes on', async () => {
    const { events, requests, account, troubles } = await deliver([{ status: 400 }], ['--otlp-batch', '100']);
    assert.deepEqual(account.parts, { delivered: account.seen - 100, 'dropped: refused by the collector': 100 });
    assert.deepEqual(eventsIn(requests), events.map(keyOfEvent));
    assert.match(
      troubles.join('\n'),
      /^snoopkit: the collector refused 100 log records, now dropped: HTTP 400 [^\n]*$/,
    );
    const told = arrivalsOf(requests).logs.filter(({ name }) => name === LOST);
    assert.equal(account.seen, events.length + told.length);
  });

  it('ends with status 3 where something is lost, when asked for', async () => {
    const server = await OtlpHttpServer.start();
    server.answers.push({ status: 400 });
    try {
      const flags = ['--otlp', '--otlp-endpoint', server.url().origin, '--fail-on-lost'];
      const { status } = await trace.run(flags, BURST, { env: plainEnvironment(), maySay: /^snoopkit: / });
      assert.equal(status, 3);
    } finally {
      await server.stop();
    }
  });

  it('has in the account exactly what the queue could not hold', async () => {
    const server = await ReturningServer.away();
    const env = plainEnvironment({ OTEL_METRICS_EXPORTER: 'none' });
    const flags = ['--otlp', ...server.flags, '--otlp-queue', '100', '--otlp-timeout', '1500ms'];
    const { events, lines, status } = await trace.run(flags, BURST, { env, maySay: /^snoopkit: / });
    const { seen, parts } = accountOf(lines);
    assert.deepEqual([status, seen], [0, events.length]);
    const { delivered, 'dropped: queue full': full = 0, ...given } = parts;
    // The queue, and the batch that was under way.
    const kept = Object.values(given).reduce((sum, count) => sum + count, 0);
    assert.deepEqual([delivered, full + kept], [0, events.length]);
    assert.ok(kept >= 100 && kept <= 200, `${kept} kept: ${JSON.stringify(parts)}`);
  });

  it('never tells of its own connections', async () => {
    const server = await OtlpHttpServer.start();
    try {
      const env = plainEnvironment({ OTEL_METRIC_EXPORT_INTERVAL: '100' });
      const remote = ['--remote-port', `${server.port}`];
      // Answers that end the connection make it connect anew.
      for (let i = 0; i < 20; i++) server.answers.push({ headers: { connection: 'close' } });
      for (const tool of ['tcpconnect', 'tcplife', 'tcpstates']) {
        const words = [SNOOPKIT, tool, '-v', '-o', 'json', '--otlp', '--otlp-endpoint', server.url().origin, ...remote];
        const running = new Running(process.execPath, words, { env, timeout: patient(15_000) });
        try {
          await running.says(/^{"event":"start"/, 'stdout');
          const before = server.requests.length;
          const port = server.port;
          // Another's connection to the same place is seen.
          const other = new Running(
            socketsWords()[0] as string,
            socketsWords(`connect 1 127.0.0.1 ${port} close 1`).slice(1),
          );
          assert.equal((await other.finished).status, 0);
          while (server.requests.length < before + 5) await new Promise((resolve) => setTimeout(resolve, 20));
          running.signal('SIGINT');
          const { stdout, status } = await running.finished;
          const lines = parseLines<{ event: string; pid: number }>(stdout).filter(({ event }) => event !== 'lost');
          assert.equal(status, 0);
          assert.deepEqual(new Set(lines.map(({ pid }) => pid)), new Set([other.pid]), `${tool}: ${stdout}`);
        } finally {
          running.kill();
        }
      }
    } finally {
      await server.stop();
    }
  });
});
