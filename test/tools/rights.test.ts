import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/cli/doctor/doctor.js';
import { needs } from '../capability.js';
import type { OpenEvent } from '../helpers/opens.js';
import { needsNobody, runAsNobody, UNLIMITED } from '../helpers/rights.js';
import { type Finished, run, SNOOPKIT } from '../helpers/run.js';
import { parseLines } from '../helpers/trace.js';

const TRACE = ['opensnoop', '-v', '-o', 'json', '--', 'cat', '/etc/hostname'];
/** Mounts tracefs for what follows alone, as root's own. */
const WITH_TRACEFS = [
  'unshare',
  '-m',
  'sh',
  '-ec',
  'mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing; exec "$@"',
  'sh',
];
const WITHOUT_TRACEFS = [
  'unshare',
  '-m',
  'sh',
  '-ec',
  'for at in $(awk \'$3 == "tracefs" { print $2 }\' /proc/mounts); do umount -l "$at"; done; exec "$@"',
  'sh',
];

/** What was opened, and by which hooks it was seen. */
function seen({ stdout, status, said }: Finished): { paths: (string | null)[]; hooks: unknown } {
  assert.equal(status, 0, said);
  const { hooks } = JSON.parse(stdout.toString().split('\n')[0] ?? '');
  return { paths: parseLines<OpenEvent>(stdout).map(({ path }) => path), hooks };
}

describe('opensnoop without root', () => {
  before(async function () {
    await needsNobody(this);
  });

  for (const [missing, given] of [
    ['CAP_BPF, CAP_PERFMON', []],
    ['CAP_PERFMON', ['bpf']],
    ['CAP_BPF', ['perfmon']],
  ] as const)
    it(`names ${missing} where ${given.join() || 'nothing'} is given`, async () => {
      const { status, lines, stdout } = await runAsNobody(given, ['opensnoop', '--', 'true']);
      assert.deepEqual(
        [status, lines, stdout.length],
        [
          1,
          [
            `snoopkit: cannot trace the kernel: operation not permitted (EPERM); missing ${missing}: run as root, for example with sudo`,
          ],
          0,
        ],
      );
    });

  it('needs CAP_BPF and CAP_PERFMON alone, and sees what root sees', async function () {
    needs(this, 'unshare');
    const { paths, hooks } = seen(await runAsNobody(['bpf', 'perfmon'], TRACE, WITHOUT_TRACEFS));
    assert.ok(paths.includes('/etc/hostname'), paths.join());
    // Tracepoints are out of its reach.
    assert.notDeepEqual(hooks, { opens: ['tracepoint'] });
  });

  it('reads tracefs with CAP_DAC_READ_SEARCH, and takes tracepoints', async function () {
    needs(this, 'unshare');
    const rights = ['bpf', 'perfmon', 'dac_read_search'];
    const finished = await runAsNobody(rights, TRACE, WITH_TRACEFS);
    const { paths, hooks } = seen(finished);
    assert.ok(paths.includes('/etc/hostname'), paths.join());
    // Debian's 5.10 opens them for CAP_SYS_ADMIN alone: then it's the next way, and told.
    const isRefused = /hook not used: cannot attach \w+ to tracepoint .*EACCES/.test(finished.said);
    if (!isRefused) assert.deepEqual(hooks, { opens: ['tracepoint'] });
  });

  it('is what doctor says', async function () {
    needs(this, 'unshare');
    for (const [before, given] of [
      [WITHOUT_TRACEFS, ['bpf', 'perfmon']],
      [WITH_TRACEFS, ['bpf', 'perfmon', 'dac_read_search']],
    ] as const) {
      const { stdout } = await runAsNobody(given, ['doctor', 'opensnoop', '-o', 'json'], before);
      const [tool] = (JSON.parse(stdout.toString()) as Report).tools;
      assert.deepEqual(tool?.hooks, seen(await runAsNobody(given, TRACE, before)).hooks);
    }
  });

  it('works with the rights in the file of node (setcap)', async function () {
    needs(this, 'setcap');
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-setcap-'));
    try {
      chmodSync(folder, 0o755);
      const node = join(folder, 'node');
      copyFileSync(process.execPath, node);
      const { status, said } = await run('setcap', ['cap_bpf,cap_perfmon+ep', node]);
      needs(this, 'a file system with capabilities', status === 0 || said);
      const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', node, SNOOPKIT];
      const [file = '', ...words] = [...UNLIMITED, ...user, ...TRACE];
      const { paths } = seen(await run(file, words, { cwd: '/' }));
      assert.ok(paths.includes('/etc/hostname'), paths.join());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
