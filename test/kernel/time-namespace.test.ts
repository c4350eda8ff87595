import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootTimeAhead } from '../../src/kernel/time-namespace.js';
import { needs } from '../capability.js';

const FIRST = 4_026_531_834;
const SECOND = 1_000_000_000n;

describe('time namespaces', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  /** Files of a process in /proc. */
  function put(pid: string, time: number, forChildren: number, boottime: string): void {
    mkdirSync(join(proc, pid, 'ns'), { recursive: true });
    symlinkSync(`time:[${time}]`, join(proc, pid, 'ns/time'));
    symlinkSync(`time:[${forChildren}]`, join(proc, pid, 'ns/time_for_children'));
    writeFileSync(join(proc, pid, 'timens_offsets'), `monotonic  7  5\nboottime   ${boottime}\n`);
  }

  for (const [boottime, ahead] of [
    ['86400         0', 86_400n * SECOND],
    ['-1777         0', -1777n * SECOND],
    ['0         0', 0n],
    ['12 345678901', 12n * SECOND + 345_678_901n],
    ['-2 999999999', -SECOND - 1n],
  ] as const)
    it(`are ahead by ${boottime}`, () => {
      put('self', 4242, 4242, boottime);
      assert.equal(bootTimeAhead(proc), ahead);
    });

  it('are not ahead in the first one, whatever is made for children', () => {
    put('self', FIRST, 4242, '86400 0');
    assert.equal(bootTimeAhead(proc), 0n);
  });

  it('are asked of another process where ours is not that of our children', () => {
    put('self', 4242, 4343, '5 0');
    put('17', 4343, 4343, '5 0');
    put('18', 4242, 4242, '7 0');
    assert.equal(bootTimeAhead(proc), 7n * SECOND);
  });

  it('are not there on old kernels', () => assert.equal(bootTimeAhead(proc), 0n));

  it('are what unshare(1) has made', function () {
    needs(this, 'time-namespace');
    const module = new URL('../../src/kernel/time-namespace.js', import.meta.url).href;
    const script = `import { bootTimeAhead } from '${module}'; console.log(String(bootTimeAhead()))`;
    for (const seconds of [86_400, -5]) {
      const node = [process.execPath, '--input-type=module', '-e', script];
      // Before Linux 6.0 exec(2) is not enough to be in it, and a shell's vfork(2) is refused.
      const { stdout } = spawnSync('unshare', ['-T', '--fork', '--boottime', `${seconds}`, ...node]);
      assert.equal(stdout.toString().trim(), String(BigInt(seconds) * SECOND));
    }
  });
});
