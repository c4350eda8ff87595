import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NameDatabase } from '../src/kernel/users.js';
import { liveContext } from '../src/live-context.js';
import { needs } from './capability.js';

describe('live context', () => {
  it('knows the users and groups of this machine', () => {
    const context = liveContext();
    assert.deepEqual([context.userName(0), context.groupName(0), context.arch], ['root', 'root', process.arch]);
    assert.equal(liveContext(new NameDatabase('passwd', '/dev/null')).userName(4_000_000_000), undefined);
  });

  it('turns uptime into the time of day', () => {
    const { clock } = liveContext();
    const [uptime = ''] = readFileSync('/proc/uptime', 'utf8').split(' ');
    const now = Number(uptime) + clock.seconds + clock.nanoseconds / 1e9;
    assert.ok(Math.abs(now - Date.now() / 1000) < 5, `${now}`);
  });

  it("has the kernel's names of the values of its enums", function () {
    needs(this, 'kernel-btf');
    const context = liveContext();
    assert.equal(context.enumName('pid_type', 0), 'PIDTYPE_PID');
    assert.equal(context.enumName('bpf_map_type', 27), 'BPF_MAP_TYPE_RINGBUF');
    for (const [name, value] of [
      ['pid_type', 4000],
      ['no_such_enum', 0],
      ['task_struct', 0],
      ['', 0],
    ] as const)
      assert.equal(context.enumName(name, value), undefined);
  });

  it('does without /proc, where tracefs is not found', function () {
    needs(this, 'unshare');
    needs(this, 'own-root');
    const script = `
      const { liveContext } = await import('${new URL('../src/index.js', import.meta.url)}');
      const { tracepointId } = await import('${new URL('../src/bpf/tracefs.js', import.meta.url)}');
      console.log(liveContext().cgroupPath(1n << 60n));
      try { tracepointId('sched', 'sched_switch'); } catch (error) { console.log(error.code); }`;
    const command = ['sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh', process.execPath];
    const options = ['--mount', ...command, '--input-type=module', '-e', script];
    const said = execFileSync('unshare', options, { encoding: 'utf8' });
    assert.equal(said, 'undefined\nERR_SNOOPKIT_UNSUPPORTED\n');
  });

  it('does without types where there are none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    try {
      writeFileSync(join(folder, 'btf'), 'none');
      for (const file of ['btf', 'missing'])
        assert.equal(liveContext(undefined, join(folder, file)).enumName('pid_type', 0), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
