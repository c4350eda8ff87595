import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { needs } from '../capability.js';
import type { OpenEvent } from '../helpers/opens.js';
import { fewer, patient } from '../helpers/patience.js';
import { complaints, type Finished, OPENS, Running, snoopkit, startOpensnoop } from '../helpers/run.js';
import { parseLines } from '../helpers/trace.js';

/** How many events the final report says were lost. */
function lostBySummary({ lines }: Finished): number {
  return lines.reduce((sum, line) => sum + Number(/^snoopkit: (\d+) events lost/.exec(line)?.[1] ?? 0), 0);
}

describe('opensnoop counts what is lost', () => {
  before(function () {
    needs(this, 'root');
  });
  const BURST = 20_000;

  /** Makes real loss: snoopkit is stopped while a process opens more than the ring can hold. */
  async function lose(flags: readonly string[]): Promise<Finished> {
    const workload = new Running(OPENS, ['wait', 'burst', String(BURST), '/dev/null']);
    try {
      const tool = await startOpensnoop(['--buffer', '4K', '-p', `${workload.pid}`, ...flags]);
      tool.signal('SIGSTOP');
      workload.child.stdin?.end('x');
      await workload.finished;
      tool.signal('SIGCONT');
      await sleep(50);
      tool.signal('SIGINT');
      return await tool.finished;
    } finally {
      workload.kill();
    }
  }

  it('in JSON, where it happened, and at the end', async () => {
    const finished = await lose(['-o', 'json', '--fail-on-lost']);
    const lines = parseLines<OpenEvent>(finished.stdout);
    const printed = lines.filter(({ event }) => event === 'open').length;
    const lost = lines.filter(({ event, reason }) => event === 'lost' && reason === 'ring_full');
    assert.ok(printed > 0 && lost.length > 0);
    assert.equal(printed + lost.reduce((sum, { count = 0 }) => sum + count, 0), BURST);
    assert.equal(printed + lostBySummary(finished), BURST);
    assert.equal(finished.status, 3);
    assert.match(complaints(finished).join('\n'), /--buffer/);
  });

  it('in a table, at the end, where it is no failure unless one says so', async () => {
    const finished = await lose(['-F', 'path']);
    const printed = finished.stdout.toString().trimEnd().split('\n').length - 1;
    assert.equal(printed + lostBySummary(finished), BURST);
    assert.equal(finished.status, 0);
  });

  it('and nothing where nothing is', async () => {
    const { status, stdout, said } = await snoopkit([
      'opensnoop',
      '--fail-on-lost',
      '-F',
      'path',
      '--',
      OPENS,
      'burst',
      '500',
      '/dev/null',
    ]);
    assert.deepEqual([status, said], [0, '']);
    assert.equal(stdout.toString(), `PATH\n${'/dev/null\n'.repeat(500)}`);
  });

  for (const [format, flags] of [
    ['a table', ['-F', 'ret,path']],
    ['JSON', ['-o', 'json', '-F', 'path']],
  ] as const)
    it(`of half a million at full speed, in ${format}: printed and lost are all`, async function () {
      this.timeout(patient(120_000));
      const count = fewer(500_000);
      const finished = await snoopkit(['opensnoop', ...flags, '--', OPENS, 'burst', String(count), '/dev/null'], {
        timeout: 100_000,
      });
      assert.equal(finished.status, 0);
      let [printed, lostLines] = [0, 0];
      for (const line of finished.stdout.toString().split('\n')) {
        if (/^{"event":"lost",.*"ring_full"/.test(line)) lostLines += JSON.parse(line).count;
        else if (line.includes('/dev/null')) printed++;
      }
      const lost = lostBySummary(finished);
      assert.ok(printed + lost <= count && printed + lost + finished.skipped >= count, `${printed} + ${lost}`);
      if (format === 'JSON') assert.equal(lostLines, lost);
    });
});
