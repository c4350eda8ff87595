import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import type { OpenEvent } from '../helpers/opens.js';
import { keyOfEvent, keyOfLog, opensFor, ReturningServer } from '../helpers/otlp-outage.js';
import { ACCOUNT, accountOf, plainEnvironment } from '../helpers/otlp-run.js';
import { patient } from '../helpers/patience.js';
import { OPENS, Running, SNOOPKIT, snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const OUTAGE_SAID = /^snoopkit: cannot export (log records|metrics), will retry: /;
const MAY_SAY = new RegExp(`${ACCOUNT.source}|${OUTAGE_SAID.source}`);
const SPOOLED = 'spooled for the next run';
const DELAY_MS = 100;

describe('--otlp-spool', () => {
  let trace: Trace<OpenEvent>;
  let runs = 0;
  before(function () {
    needs(this, 'root');
    trace = new Trace('opensnoop');
  });
  after(() => trace?.remove());

  const newSpool = () => join(trace.folder, `spool-${runs++}`);
  const spoolFlags = (folder: string) => ['--otlp-spool', folder, '--otlp-delay', `${DELAY_MS}ms`];
  const options = () => ({ env: plainEnvironment(), maySay: MAY_SAY });

  it('has on disk what no collector takes, and the next run delivers it, whichever tool that is', async () => {
    const server = await ReturningServer.away();
    const spool = newSpool();
    const flags = [...spoolFlags(spool), ...server.flags];
    const { events, lines, status } = await trace.run(
      ['--otlp', ...flags],
      [OPENS, 'burst', '5000', '/dev/null'],
      options(),
    );
    assert.equal(status, 0);
    assert.deepEqual(accountOf(lines), {
      seen: events.length,
      earlier: 0,
      parts: { delivered: 0, [SPOOLED]: events.length },
    });
    assert.equal(lines.filter((line) => OUTAGE_SAID.test(line)).length, 1, 'once for all signals');

    await server.comeBack();
    const words = ['execsnoop', '-o', 'otlp', ...flags, '--', 'true'];
    const next = await snoopkit(words, { env: plainEnvironment() });
    const account = accountOf(next.lines);
    assert.deepEqual([next.status, account.earlier], [0, events.length]);
    assert.deepEqual(account.parts, { delivered: account.seen + account.earlier });
    const logs = (await server.logs()).filter(({ name }) => name === 'snoopkit.file.open');
    assert.deepEqual(logs.map(keyOfLog), events.map(keyOfEvent));
    assert.deepEqual(readdirSync(spool), [], 'nothing is left');
  });

  it('loses nothing in an outage of some seconds, at 10,000 events a second', async function () {
    this.timeout(patient(60_000));
    const server = await ReturningServer.start();
    const flags = ['--buffer', '16M', '--otlp', ...spoolFlags(newSpool()), ...server.flags];
    const running = trace.run(flags, opensFor(4), { ...options(), timeout: 50_000 });
    // There are records already when it goes away.
    await sleep(1500);
    await server.leave();
    const before = server.requests.length;
    await sleep(1500);
    await server.comeBack();
    const { events, lines, status } = await running;
    assert.deepEqual([status, accountOf(lines).parts], [0, { delivered: events.length }]);
    assert.ok(before > 0, 'some came before');
    // One whose answer was cut off may come again.
    const arrived = new Set((await server.logs()).map(keyOfLog));
    assert.deepEqual([...arrived].sort(), [...new Set(events.map(keyOfEvent))].sort());
    assert.equal(arrived.size, events.length);
  });

  it('has what a run left that was killed', async function () {
    this.timeout(patient(40_000));
    const server = await ReturningServer.away();
    const spool = newSpool();
    const file = join(trace.folder, 'killed.json');
    const flags = [...spoolFlags(spool), ...server.flags];
    const words = ['opensnoop', '-o', 'json', '--out', file, '--otlp', ...flags, '--', ...opensFor(30)];
    const killed = new Running(process.execPath, [SNOOPKIT, ...words], { env: plainEnvironment(), timeout: 30_000 });
    let whenKilled: bigint;
    try {
      await killed.says(OUTAGE_SAID);
      await sleep(2500);
    } finally {
      whenKilled = BigInt(Date.now()) * 1_000_000n;
      killed.kill();
    }
    assert.equal((await killed.finished).signal, 'SIGKILL');
    const shown = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    const events = shown.map((line) => JSON.parse(line) as OpenEvent).filter(({ event }) => event === 'open');
    assert.ok(events.length > 100, `${events.length} events`);

    await server.comeBack();
    const next = await snoopkit(['execsnoop', '-o', 'otlp', ...flags, '--', 'true'], { env: plainEnvironment() });
    const account = accountOf(next.lines);
    assert.deepEqual([next.status, account.parts], [0, { delivered: account.seen + account.earlier }]);
    const logs = (await server.logs()).filter(({ name }) => name === 'snoopkit.file.open');
    assert.equal(logs.length, account.earlier);
    // Either may be ahead of the other as it is killed.
    const both = Math.min(logs.length, events.length);
    assert.deepEqual(logs.slice(0, both).map(keyOfLog), events.slice(0, both).map(keyOfEvent));
    // What was not on disk then is what had just come.
    const last = BigInt(logs.at(-1)?.time ?? 0);
    assert.ok(
      whenKilled - last < BigInt(patient(DELAY_MS + 1500)) * 1_000_000n,
      `${whenKilled - last} ns before the end`,
    );
    assert.deepEqual(readdirSync(spool), []);
  });

  it('keeps what spans and metrics there are, too', async () => {
    const server = await ReturningServer.away();
    const flags = [...spoolFlags(newSpool()), ...server.flags];
    const words = (tool: string) => [tool, '-o', 'otlp', '--otlp-spans', ...flags, '--', 'sh', '-c', '(true); true'];
    const first = await snoopkit(words('procsnoop'), { env: plainEnvironment() });
    const [spans, metrics] = [accountOf(first.lines, 'spans'), accountOf(first.lines, 'metrics')];
    assert.deepEqual([first.status, spans.parts], [0, { delivered: 0, [SPOOLED]: spans.seen }]);
    assert.deepEqual(metrics.parts, { delivered: 0, [SPOOLED]: metrics.seen });
    await server.comeBack();
    const next = await snoopkit(words('procsnoop'), { env: plainEnvironment() });
    assert.equal(accountOf(next.lines, 'spans').earlier, spans.seen);
    assert.ok(
      next.lines.every((line) => !line.includes('spool')),
      next.said,
    );
    await server.leave();
    assert.ok(server.requests.some(({ path }) => path === '/v1/metrics'));
  });
});
