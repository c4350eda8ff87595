import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { binding, ENOENT, openFds, TRACEPOINT } from './helpers.js';

describe('native system', () => {
  it('knows libbpf and the CPUs', () => {
    assert.match(binding.libbpfVersion(), /^1\.\d+$/);
    assert.match(binding.libbpfHeaders(), /^1\.\d+$/);
    const [loaded, built] = [binding.libbpfVersion(), binding.libbpfHeaders()].map((version) =>
      Number(version.split('.')[1]),
    );
    assert.ok((built ?? 99) <= (loaded ?? 0), 'an older libbpf would lack functions');
    const [, last = '0'] = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'utf8')) ?? [];
    assert.equal(binding.possibleCpus(), Number(last) + 1);
  });

  it('turns the boot clock into the real one', () => {
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    const { offset, error } = binding.bootToRealtime();
    const boot = Number(offset / 1_000_000n) / 1000;
    assert.ok(Math.abs(boot + uptime - Date.now() / 1000) < 0.1);
    assert.ok(error > 0 && error < 1e8, `${error}`);
    assert.ok(Math.abs(Number(binding.bootTime()) / 1e9 - uptime) < 0.1);
  });

  it('finds the same difference again, as exactly as it says', () => {
    const readings = Array.from({ length: 200 }, () => binding.bootToRealtime());
    for (const [i, { offset, error }] of readings.entries())
      for (const other of readings.slice(0, i))
        assert.ok(Math.abs(Number(offset - other.offset)) <= error + other.error, `${offset} ${other.offset}`);
  });

  it('reads tracefs without a mount', () => {
    const before = openFds();
    const fd = binding.openTracefs();
    assert.ok(fd > 2);
    assert.ok(statSync(`/proc/self/fd/${fd}/events/sched`).isDirectory());
    const id = Number(readFileSync(`/proc/self/fd/${fd}/events/sched/sched_process_exec/id`, 'utf8'));
    const event = binding.openPerfEvent(TRACEPOINT, id, 1, false, -1, 0);
    assert.ok(event > 2);
    binding.closeFd(event);
    binding.closeFd(fd);
    assert.equal(openFds(), before);
  });

  it('refuses a tracepoint that does not exist', () => {
    assert.ok(binding.openPerfEvent(TRACEPOINT, 0x7fff_ffff, 1, false, -1, 0) < 0);
    assert.throws(() => binding.openPerfEvent(TRACEPOINT, -1, 1, false, -1, 0), TypeError);
    assert.throws(() => binding.closeFd(undefined as never), TypeError);
    assert.throws(() => binding.closeFd(Number.NaN), TypeError);
  });

  it('dumps BTF as C', () => {
    const text = binding.dumpBtf('/sys/kernel/btf/vmlinux');
    assert.ok(typeof text === 'string');
    assert.match(text, /^struct task_struct \{$/m);
    assert.match(
      String(binding.dumpBtf(new URL('./fixtures/ring.bpf.o', import.meta.url).pathname)),
      /struct bpf_raw_tracepoint_args \{\n\t__u64 args\[0\];/,
    );
  });

  it('refuses files without BTF', () => {
    assert.equal(binding.dumpBtf('/no/such/file'), ENOENT);
    for (const path of ['/etc/passwd', '/dev/null', '/', process.execPath]) {
      const status = binding.dumpBtf(path);
      assert.ok(typeof status === 'number' && status < 0, path);
    }
  });
});
