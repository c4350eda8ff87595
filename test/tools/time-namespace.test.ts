/** snoopkit in a time namespace of its own, whose boot clock is a day ahead or behind the kernel's. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { SNOOPKIT } from '../helpers/run.js';
import { parseLines } from '../helpers/trace.js';

interface Line {
  readonly time: string;
  readonly pid: number;
  readonly exit_code?: number;
  readonly existed_before?: boolean;
  readonly age?: number;
  readonly interval?: number;
}

describe('in a time namespace', () => {
  let folder: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'time-namespace');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  /** Lines of a run, and when it began and ended: milliseconds since 1970. */
  function run(seconds: number, flags: readonly string[], command: readonly string[]) {
    const out = join(folder, 'lines');
    const words = [process.execPath, SNOOPKIT, ...flags, '--json', '--out', out, '--truncate', '--', ...command];
    // Before Linux 6.0 exec(2) is not enough to be in the new namespace.
    const unshare = ['-T', '--fork', '--boottime', `${seconds}`, ...words];
    const began = Date.now();
    const { status, stderr } = spawnSync('unshare', unshare, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return { lines: parseLines<Line>(readFileSync(out)), began, ended: Date.now() };
  }

  for (const seconds of [86_400, -5, 0]) {
    it(`${seconds} seconds off, times of day are right`, () => {
      for (const [tool, ...flags] of [['opensnoop'], ['execsnoop'], ['sigsnoop', '-f'], ['procsnoop', '-f']] as const) {
        const { lines, began, ended } = run(seconds, [tool, ...flags], ['sh', '-c', 'sleep 0.1 & kill -9 $!; wait']);
        assert.ok(lines.length > 0, tool);
        for (const { time } of lines)
          assert.ok(Date.parse(time) >= began - 1 && Date.parse(time) <= ended + 1, `${tool}: ${time}`);
      }
    });

    it(`${seconds} seconds off, it is known what was there before`, () => {
      const before = spawn('sleep', ['60']);
      const script = `(exit 7); kill ${before.pid}; sleep 0.2`;
      const { lines } = run(seconds, ['procsnoop', '-f', '-p', `${before.pid}`], ['sh', '-c', script]);
      // Neither has executed anything meanwhile.
      const [child] = lines.filter(({ exit_code }) => exit_code === 7);
      const [other] = lines.filter(({ pid }) => pid === before.pid);
      assert.deepEqual([child?.existed_before, other?.existed_before], [false, true]);
      for (const { age = 0 } of lines) assert.ok(age > 0 && age < 60e9, `${age}`);
    });

    it(`${seconds} seconds off, intervals of reports are right`, () => {
      const { lines, began, ended } = run(
        seconds,
        ['sigsnoop', '--count', '-f', '--interval', '0.2'],
        ['sh', '-c', 'kill -0 $$; sleep 0.5'],
      );
      assert.ok(lines.length > 0);
      for (const { time, interval = 0 } of lines) {
        assert.ok(interval > 0 && interval <= (ended - began) * 1e6, `${interval}`);
        assert.ok(Date.parse(time) >= began - 1 && Date.parse(time) <= ended + 1, time);
      }
    });
  }
});
