import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingCapabilities } from '../../src/kernel/capabilities.js';
import { onlineCpus } from '../../src/kernel/cpus.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { descendantsOf, namespaceOf } from '../../src/kernel/processes.js';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
});
after(() => rmSync(folder, { recursive: true }));

describe('kernel: mounts', () => {
  const table = `sysfs /sys sysfs rw 0 0
tracefs /sys/kernel/tracing tracefs rw 0 0
tracefs /sys/kernel/debug/tracing tracefs rw 0 0
tmpfs /with\\040blank\\011tab\\134slash tmpfs rw 0 0
broken
`;

  it('are found by their type: the first of several', () => {
    const file = join(folder, 'mounts');
    writeFileSync(file, table);
    assert.equal(mountPoint('tracefs', file), '/sys/kernel/tracing');
    assert.equal(mountPoint('cgroup2', file), undefined);
    // The type, not what is mounted or where.
    assert.equal(mountPoint('rw', file), undefined);
  });

  it('have blanks and backslashes in their path', () => {
    const file = join(folder, 'mounts');
    writeFileSync(file, table);
    assert.equal(mountPoint('tmpfs', file), '/with blank\ttab\\slash');
  });

  it('are those of this machine', () => assert.equal(mountPoint('proc'), '/proc'));
});

describe('kernel: processes', () => {
  /** A child that makes a tree of its own, tells its pids, and waits. Names with parentheses and blanks on purpose. */
  const SCRIPT = `
    printf 'a) 1 (b' > /proc/$$/comm
    echo $$
    sh -c 'echo $$; sh -c "echo \\$\\$; exec sleep 60" & wait' &
    sh -c 'echo $$; exec sleep 60' &
    wait`;
  let child: ChildProcess;
  let pids: number[] = [];
  before(async () => {
    child = spawn('sh', ['-c', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let said = '';
    for await (const chunk of child.stdout as NodeJS.ReadableStream) {
      said += chunk;
      if (said.split('\n').length > 4) break;
    }
    pids = said.trim().split('\n').map(Number);
  });
  after(() => process.kill(-(child.pid as number), 'SIGKILL'));

  it('have descendants, of all generations', () => {
    assert.equal(pids.length, 4);
    assert.equal(pids[0], child.pid);
    const below = pids.slice(1).sort();
    assert.deepEqual(descendantsOf([pids[0] as number]).sort(), below);
    assert.ok(below.every((pid) => descendantsOf([process.pid]).includes(pid)));
  });

  it('are not their own descendants, given twice or as one another', () => {
    const [root = 0, ...below] = pids;
    assert.deepEqual(descendantsOf([root, root]).sort(), below.sort());
    for (const pid of below) assert.equal(descendantsOf([root, pid]).includes(pid), false);
    assert.deepEqual(descendantsOf([]), []);
  });

  it('have none when they are gone', () => {
    const { pid } = spawnSync('true');
    assert.deepEqual(descendantsOf([pid]), []);
  });

  it('are in namespaces, which have numbers', () => {
    for (const kind of ['mnt', 'net', 'pid'] as const) {
      const wanted = Number(readlinkSync(`/proc/self/ns/${kind}`).replace(/\D/g, ''));
      assert.equal(namespaceOf('self', kind), wanted);
      assert.equal(namespaceOf(child.pid as number, kind), wanted);
    }
    const { pid } = spawnSync('true');
    assert.throws(() => namespaceOf(pid, 'mnt'), /ENOENT/);
  });
});

describe('kernel: capabilities', () => {
  const status = (mask: string) => {
    const file = join(folder, 'status');
    writeFileSync(file, `Name:\tx\nCapInh:\tffffffffffffffff\nCapEff:\t${mask}\n`);
    return file;
  };
  for (const [what, mask, missing] of [
    ['none', '0000000000000000', ['CAP_NET_ADMIN', 'CAP_PERFMON', 'CAP_BPF']],
    ['all', '000001ffffffffff', []],
    ['CAP_BPF and CAP_PERFMON', '000000c000000000', ['CAP_NET_ADMIN']],
    ['CAP_SYS_ADMIN, which stands in for them', '0000000000200000', ['CAP_NET_ADMIN']],
    ['CAP_NET_ADMIN', '0000000000001000', ['CAP_PERFMON', 'CAP_BPF']],
  ] as const)
    it(`are seen to be missing with ${what}`, () => {
      assert.deepEqual(missingCapabilities(['CAP_NET_ADMIN', 'CAP_PERFMON', 'CAP_BPF'], status(mask)), missing);
    });
});

describe('kernel: CPUs', () => {
  for (const [text, count] of [
    ['0\n', 1],
    ['0-1\n', 2],
    ['0,2-3,8-11\n', 7],
  ] as const)
    it(`${text.trim()} are ${count}`, () => {
      const file = join(folder, 'online');
      writeFileSync(file, text);
      assert.equal(onlineCpus(file), count);
    });

  it('are those of this machine', () => assert.equal(onlineCpus(), cpus().length));
});
