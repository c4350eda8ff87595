import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Capability, needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { sorted } from '../helpers/strace.js';

const O_CLOEXEC = 0o2000000;

/** Each way to see an open, and what it may lack. */
const WAYS: readonly { kind: string; capability: Capability; addedFlags: string }[] = [
  { kind: 'tracepoint', capability: 'root', addedFlags: '' },
  { kind: 'fentry', capability: 'fentry', addedFlags: '|O_LARGEFILE' },
  { kind: 'tp_btf', capability: 'kernel-btf', addedFlags: '' },
];

for (const { kind, capability, addedFlags } of WAYS) {
  describe(`opensnoop by ${kind}`, () => {
    let bench: Workbench;
    const trace = ['--hooks', kind];
    before(function () {
      needs(this, 'root');
      needs(this, capability);
      bench = new Workbench();
    });
    after(() => bench?.remove());

    it('sees an open, all of it', async () => {
      const path = join(bench.folder, 'created');
      const { events, told } = await bench.opens(trace, ['openat', 'cwd', path, 0o100 | O_CLOEXEC | 1, 0o604]);
      assert.equal(events.length, 1);
      const [{ time, ppid, ...event }] = events as [(typeof events)[0]];
      const [{ ret, tid, link }] = told as [(typeof told)[0]];
      assert.equal(link, path);
      assert.deepEqual(
        { ...event, flags: sorted(event.flags) },
        {
          event: 'open',
          pid: tid,
          tid,
          uid: 0,
          user: 'root',
          comm: 'opens',
          ret,
          flags: sorted(`O_WRONLY|O_CREAT|O_CLOEXEC${addedFlags}`),
          mode: '0604',
          dirfd: -100,
          path,
        },
      );
      assert.ok(ppid > 0 && Math.abs(Date.parse(time) - Date.now()) < 60_000);
    });

    it('sees one that fails, and none that does not with --failed', async () => {
      const steps = ['openat', 'cwd', '/etc/hostname', 0, 0, 'openat2', 'cwd', '/nope', 0, 0, 0];
      const { events } = await bench.opens([...trace, '-x'], steps);
      assert.deepEqual(
        events.map(({ path, ret, error }) => [path, ret, error]),
        [['/nope', -2, 'ENOENT']],
      );
    });

    it('finds where the file is', async () => {
      const [file, link] = ['file', 'link'].map((name) => join(bench.folder, name)) as [string, string];
      writeFileSync(file, '');
      symlinkSync('file', link);
      const steps = ['cd', bench.folder, 'openat', 'cwd', 'link', 0, 0, 'openat', 'cwd', 'nope', 0, 0];
      const { events } = await bench.opens([...trace, '--full-path'], steps);
      assert.deepEqual(
        events.map(({ path, full_path, full_path_resolved }) => [path, full_path, full_path_resolved]),
        [
          ['link', file, true],
          ['nope', join(bench.folder, 'nope'), false],
        ],
      );
    });

    it('follows children', async () => {
      const { events } = await bench.trace([...trace, '-f'], ['sh', '-c', 'cat /etc/hostname; exit 0']);
      const [shell, cat] = ['sh', 'cat'].map((name) => events.filter(({ comm }) => comm === name)) as [
        typeof events,
        typeof events,
      ];
      assert.equal(shell.length + cat.length, events.length);
      assert.equal(new Set(cat.map(({ pid, ppid }) => `${pid} ${ppid}`)).size, 1);
      assert.equal(cat[0]?.ppid, shell[0]?.pid);
      assert.equal(cat.filter(({ path, ret }) => path === '/etc/hostname' && ret >= 0).length, 1);
    });
  });
}
