/** Aggregation in the kernel, by the example of sigsnoop --count. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { fewer } from '../helpers/patience.js';
import { Running, SNOOPKIT, snoopkit } from '../helpers/run.js';

interface Row {
  event: string;
  time: string;
  interval: number;
  comm: string;
  target_comm: string;
  signal?: string;
  origin: string;
  result: string;
  count: number;
}

const rowsOf = (json: Buffer): Row[] =>
  json
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** A shell that sends itself this signal so often. */
const loop = (count: number, signal = 'CONT') =>
  `i=0; while [ $i -lt ${count} ]; do kill -${signal} $$; i=$((i+1)); done`;
/** The same in several shells at once, which all send it to the one they come from. */
const loops = (shells: number, count: number) => `${`( ${loop(count)} ) & `.repeat(shells)} wait`;

describe('sigsnoop --count', () => {
  before(function () {
    needs(this, 'root');
  });

  const count = (flags: readonly string[], script: string) =>
    snoopkit(['sigsnoop', '--count', ...flags, '--', 'sh', '-c', script], { timeout: 60_000 });

  it('reports once, at the end, and shows no event', async () => {
    const { status, stdout, said } = await count(['-o', 'json'], `${loop(5)}; kill -WINCH $$`);
    assert.deepEqual([status, said], [0, '']);
    const rows = rowsOf(stdout);
    const [first = assert.fail()] = rows;
    assert.ok(Math.abs(Date.parse(first.time) - Date.now()) < 60_000, first.time);
    assert.ok(first.interval > 0 && first.interval < 60e9, String(first.interval));
    const { time, interval } = first;
    const common = { event: 'signal_count', time, interval, comm: 'sh', target_comm: 'sh', origin: 'kill' };
    assert.deepEqual(rows, [
      { ...common, signal: 'SIGCONT', result: 'ignored', count: 5 },
      { ...common, signal: 'SIGWINCH', result: 'ignored', count: 1 },
    ]);
  });

  it('loses no count to a report', async () => {
    const each = fewer(50_000);
    const { status, stdout, said, skipped } = await count(['-o', 'json', '-f', '-i', '20ms'], loops(2, each));
    assert.deepEqual([status, said], [0, '']);
    const rows = rowsOf(stdout).filter(({ signal }) => signal === 'SIGCONT');
    assert.ok(rows.length > 1, `${rows.length} reports`);
    const missing = 2 * each - rows.reduce((sum, row) => sum + row.count, 0);
    // The kernel says of how many it did not tell.
    assert.ok(missing >= 0 && missing <= skipped, `${missing} are missing`);
    // Rows of the same report have the same.
    for (const [i, { time }] of rows.slice(1).entries())
      assert.ok(time >= (rows[i]?.time ?? ''), `${time} after ${rows[i]?.time}`);
  });

  it('reports what is left when it is interrupted', async () => {
    const args = [SNOOPKIT, 'sigsnoop', '--count', '-v', '-o', 'json', '-p', String(process.pid)];
    const running = new Running(process.execPath, args, { input: '' });
    await running.says(/attached handle_pidfd/);
    process.kill(running.pid, 'SIGURG');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(running.written.split('\n').length, 2, 'nothing but how it started');
    running.signal('SIGINT');
    const { status, stdout } = await running.finished;
    assert.equal(status, 0);
    const signals = rowsOf(stdout)
      .filter(({ event }) => event === 'signal_count')
      .map((row) => [row.signal, row.count]);
    assert.ok(
      signals.some(([signal, times]) => signal === 'SIGURG' && times === 1),
      JSON.stringify(signals),
    );
  });
});
