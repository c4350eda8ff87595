import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { loadProgram, sinkProgram } from '../../bench/places.js';
import { Collector, Load, Sink, Spinners } from '../../bench/programs.js';

const MARKS = ['/x/first', '/x/event', '/x/last'] as const;

/** The sink's report on input that arrives in these pieces, and its messages. */
async function count(pieces: readonly (string | Buffer)[], ...flags: string[]) {
  const sink = spawn(sinkProgram, [...flags, ...MARKS], { stdio: 'pipe' });
  const told = text(sink.stdout);
  const said = text(sink.stderr);
  for (const piece of pieces) {
    sink.stdin.write(piece);
    await setTimeout(3);
  }
  sink.stdin.end();
  const lines = (await told).trimEnd().split('\n');
  const report = lines.map((line) => JSON.parse(line) as Record<string, number>);
  const { events, lines: all } = report.at(-1) ?? {};
  return { first: report[0]?.first_ns, events, lines: all, said: await said };
}

describe('the sink', () => {
  it('counts lines, not matches, wherever the input is cut', async () => {
    const line = '1 /x/event and /x/event again\nanother\n';
    const input = line.repeat(40);
    for (const size of [1, 7, 100, 4096]) {
      const shorter = size === 1 ? line.repeat(5) : input;
      const pieces = shorter.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const { events, lines } = await count(pieces);
      assert.deepEqual([events, lines], size === 1 ? [5, 10] : [40, 80]);
    }
  }).timeout(30_000);

  it('counts a million lines, and a last one without an end', async () => {
    const block = Buffer.from('{"path":"/x/event"}\n'.repeat(10_000));
    const { events, lines } = await count([...Array(100).fill(block), '/x/event']);
    assert.deepEqual([events, lines], [1_000_001, 1_000_001]);
  });

  it('survives a line that is longer than its buffer', async () => {
    const { events } = await count([Buffer.alloc(3 << 20, 'a'), '\n/x/event\n']);
    assert.equal(events, 1);
  });

  it('tells when the first line came, and repeats lines of interest', async () => {
    const report = await count(['header\n', '/x/first\n', 'Lost 5 events\nlost\n/x/event\n'], '--note', 'Lost ');
    assert.ok((report.first ?? 0) > 0);
    assert.equal(report.said, 'Lost 5 events\n');
  });

  it('runs a tracer, sees that it has settled, ends it, and tells what it used', async () => {
    const script =
      'echo /x/first; for i in 1 2 3; do echo /x/event; done; echo lost 7 events >&2; while echo /x/last; do sleep 0.01; done';
    for (const terminal of [false, true]) {
      const command = ['sh', '-c', script];
      const sink = new Sink({
        terminal,
        tracefs: false,
        note: undefined,
        marks: [...MARKS],
        command,
        losses: /lost (\d+)/g,
      });
      assert.ok((await sink.firstEvent()) > 0);
      await sink.settled();
      const report = await sink.end();
      assert.equal(report.events, 3);
      assert.equal(report.reportedLost, 7);
      assert.equal(report.status, 130);
      assert.ok(report.peak_kb > 100);
      assert.ok(report.user_us + report.system_us > 0);
    }
  });

  it('is a collector that counts what requests have, however these are sent', async () => {
    const collector = new Collector('/x/event');
    const url = await collector.endpoint();
    // A body whose length is known, one that comes in parts, one that is larger than the first room, and none.
    const large = `${'a'.repeat(3 << 20)}/x/event`;
    const parts = () => Readable.from(['/x/ev', 'ent\r\n0\r\n\r\n/x/event', large]);
    for (const body of ['/x/event /x/event', parts(), large, '']) {
      const answer = await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
      assert.deepEqual([answer.status, await answer.text()], [200, '']);
    }
    assert.equal((await collector.end()).events, 2 + 3 + 1);
  });

  it('runs a tracer that sends to it', async () => {
    const script = `
      const send = (body) => fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT, { method: 'POST', body });
      await send('/x/first');
      await send('/x/event /x/event /x/last');
      process.on('SIGINT', () => send('/x/event').then(() => process.exit(0)));
      console.log('/x/event');
      setInterval(() => {}, 1000);`;
    const sink = new Sink({
      terminal: false,
      tracefs: false,
      otlp: true,
      note: undefined,
      marks: [...MARKS],
      command: [process.execPath, '--input-type=module', '--eval', script],
      losses: /x/g,
    });
    assert.ok((await sink.firstEvent()) > 0);
    await sink.settled();
    const { events, status } = await sink.end();
    assert.deepEqual([events, status], [3, 0]);
  });

  it('says why a tracer that can not run does not', async () => {
    const command = ['/nonexistent/tracer'];
    const sink = new Sink({
      terminal: false,
      tracefs: false,
      note: undefined,
      marks: [...MARKS],
      command,
      losses: /x/g,
    });
    await assert.rejects(sink.firstEvent(), /ended before first_ns: \/nonexistent\/tracer: No such file/);
    await sink.kill();
  });
});

describe('the load', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-bench-'));
    for (const name of ['first', 'event', 'last']) writeFileSync(join(folder, name), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const kind of ['open', 'exec', 'connect'] as const) {
    it(`does what it is told: ${kind}`, async () => {
      const load = new Load(kind, 20, folder);
      try {
        const report = (await load.run()) as unknown as Record<string, number>;
        assert.equal(report.count, 20);
        assert.equal(report.failed, 0);
        assert.ok((report.seconds ?? 0) > 0 && (report.ns_per_op ?? 0) > 0 && (report.start_ns ?? 0) > 0);
      } finally {
        await load.end();
      }
    });
  }

  it('ends at once when its files are not there', async () => {
    const load = new Load('open', 20, join(folder, 'nowhere'));
    await assert.rejects(load.run(), /it ended before ns_per_op: .*nowhere\/first: No such file/);
    await load.end();
  });

  it('keeps cores busy until it is ended', async () => {
    const before = process.hrtime.bigint();
    const spinners = new Spinners(1);
    await setTimeout(20);
    await spinners.end();
    assert.ok(process.hrtime.bigint() - before < 10_000_000_000n);
    const spin = spawn(loadProgram, ['spin', '0.05'], { stdio: 'ignore' });
    assert.deepEqual(await once(spin, 'exit'), [0, null]);
  });
});
