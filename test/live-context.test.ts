import assert from 'node:assert/strict';
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
