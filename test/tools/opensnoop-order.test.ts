/** The order of events of several CPUs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { fewer } from '../helpers/patience.js';
import { OPENS, snoopkit } from '../helpers/run.js';
import { Trace } from '../helpers/trace.js';

const EACH = fewer(30_000);
/** Two processes that open as fast as they can, and so on two CPUs where there are two. */
const TWO = ['sh', '-c', '"$0" burst "$1" /missing & "$0" burst "$1" /missing & wait', OPENS, `${EACH}`];

/** What the kernel skipped, and said so, may be missing. */
function assertAll(count: number, skipped: number): void {
  assert.ok(count <= 2 * EACH && count + skipped >= 2 * EACH, `${count} of ${2 * EACH}, and ${skipped} skipped`);
}

/** How often a time is older than one before it. */
function backwards(times: readonly string[]): number {
  let latest = '';
  let count = 0;
  for (const time of times)
    if (time < latest) count++;
    else latest = time;
  return count;
}

describe('opensnoop, the order of events', () => {
  let trace: Trace<{ time: string; path: string; pid: number }>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('opensnoop');
  });
  after(() => trace?.remove());

  it('is that of their times, of two CPUs too, and none is lost for it', async () => {
    const { events, skipped } = await trace.run(['-f', '-n', 'opens', '-F', 'time,pid,path'], TWO);
    const opens = events.filter(({ path }) => path === '/missing');
    assertAll(opens.length, skipped);
    assert.equal(new Set(opens.map(({ pid }) => pid)).size, 2);
    // Within a batch none is; of two batches one may be, and each is hundreds of events.
    const found = backwards(events.map(({ time }) => time));
    assert.ok(found <= 3, `${found} of ${events.length}`);
  });

  it('has no negative delta', async () => {
    const out = join(trace.folder, 'deltas');
    const { status, skipped } = await snoopkit([
      'opensnoop',
      '-f',
      '-n',
      'opens',
      '-T=delta',
      '--out',
      out,
      '--',
      ...TWO,
    ]);
    assert.equal(status, 0);
    const deltas = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => /^ *(\S+)/.exec(line)?.[1] ?? '');
    // Those of the programs' start are among them.
    assert.ok(deltas.length + skipped >= 2 * EACH, `${deltas.length}, and ${skipped} skipped`);
    assert.deepEqual(
      deltas.filter((delta) => !/^\d+\.\d{9}$/.test(delta)),
      [],
    );
  });

  it('leaves --max-events what it is', async () => {
    const { events } = await trace.run(['-f', '-n', 'opens', '-N', '777'], TWO);
    assert.equal(events.length, 777);
    assert.ok(backwards(events.map(({ time }) => time)) <= 1);
  });
});
