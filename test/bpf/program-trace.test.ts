import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ProgramError, UnsupportedError, VerifierError } from '../../src/bpf/errors.js';
import { LINK_TYPES } from '../../src/bpf/link-info.js';
import { BpfMap } from '../../src/bpf/map.js';
import { ATTACH_TYPES, PROGRAM_TYPES } from '../../src/bpf/program-type.js';
import { Btf } from '../../src/btf/index.js';
import { shapeOf } from '../../src/btf/layout.js';
import { UsageError } from '../../src/errors.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { loadBinding } from '../../src/native/load.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { PROBED } from '../helpers/run.js';
import { proves } from '../kernels/types.js';
import { counter, load, open, openFiles } from './helpers.js';

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

describe('bpf: programs on events', () => {
  before(function () {
    needs(this, 'root');
  });

  proves({ perf_event: 'sampled' }).it('sample this process', () => {
    using object = load('attach-trace', ['count_sample']);
    const program = object.programs.need('count_sample');
    const busy = () => {
      const end = Date.now() + 100;
      while (Date.now() < end);
    };
    for (const rate of [{ samplePeriod: 1_000_000 }, { frequency: 999 }]) {
      const link = program.attachPerfEvent({ type: 1, config: 0, pid: process.pid, ...rate });
      const before = counter(object, 'sampled');
      busy();
      const after = counter(object, 'sampled');
      assert.ok(after > before, `${Object.keys(rate)}: ${before}, ${after}`);
      link.close();
      const last = counter(object, 'sampled');
      busy();
      assert.equal(counter(object, 'sampled'), last);
    }
    program.attachPerfEvent({ type: 1, config: 0, cpu: 0, frequency: 10 }).close();
    const wrong = (options: object) => () => program.attachPerfEvent({ type: 1, config: 0, pid: 1, ...options });
    for (const options of [
      {},
      { frequency: 1, samplePeriod: 1 },
      { frequency: 1, pid: undefined },
      { samplePeriod: 0 },
    ])
      assert.throws(wrong(options), UsageError);
    assert.throws(wrong({ frequency: 1, pid: 2 ** 22 + 1 }), { kind: 'process' });
    assert.throws(wrong({ frequency: 1, cpu: 4000 }), /no such event, or no such CPU|invalid argument/);
    assert.throws(() => program.attach(), /names no hook; use attachPerfEvent\(\)$/);
  });

  it('say which file or probe is missing', () => {
    using plain = load('attach-trace', ['count_probe']);
    assert.throws(
      () => plain.programs.need('count_probe').attachUsdt(PROBED, 'snoopkit', 'called'),
      /^UsageError: .*: the object does not include bpf\/usdt\.bpf\.h$/,
    );
    assert.throws(() => plain.programs.need('count_probe').attach(), /attachUprobe\(\) or attachUsdt\(\)$/);
    using object = load('attach-sections', ['count_static']);
    const program = object.programs.need('count_static');
    assert.throws(() => program.attachUsdt(PROBED, 'none', 'such'), { kind: 'USDT probe', wanted: 'none:such' });
    assert.throws(() => program.attachUsdt('/no/such/file', 'none', 'such'), { kind: 'file' });
    const probe = plain.programs.need('count_probe');
    assert.throws(() => probe.attachUprobe('/etc/passwd', 'main'), /main of \/etc\/passwd: it is not an ELF file$/);
    assert.throws(() => probe.attachUprobe('libnone.so.9', 'main'), /: there is no such file or symbol$/);
  });

  proves({ 'kprobe usdt': 'counted' }).it('see static probes of a program', async () => {
    using object = load('attach-sections', ['count_static']);
    const program = object.programs.need('count_static');
    using one = program.attachUsdt(PROBED, 'snoopkit', 'called', { pid: process.pid });
    const call = () => execFileSync(PROBED, [], { input: '3\n' });
    call();
    assert.equal(counter(object, 'probed'), 0n, 'another process');
    one.close();
    const link = program.attachUsdt(PROBED, 'snoopkit', 'called');
    call();
    assert.equal(counter(object, 'probed'), 3n);
    link.close();
    call();
    assert.equal(counter(object, 'probed'), 3n);
    assert.throws(() => program.attachUsdt(PROBED, 'snoopkit', 'other'), { kind: 'USDT probe' });
  });

  it('attach by sections that name what is missing', () => {
    using object = load('attach-sections');
    for (const [name, kind] of [
      ['no_file', 'file'],
      ['no_symbol', 'symbol'],
      ['no_probe', 'file'],
    ] as const)
      assert.throws(() => object.programs.need(name).attach(), { code: 'ERR_SNOOPKIT_NOT_FOUND', kind });
  });

  /** The version of libbpf whose functions the addon can call. */
  const libbpf = () => loadBinding().libbpfHeaders();
  const libbpfIsSince = (minor: number) => Number(libbpf().split('.')[1]) >= minor;

  proves({ 'kprobe trace_uprobe_multi': 'counted' }).it('attach to several functions of a file', function () {
    needs(this, 'libbpf 1.3', libbpfIsSince(3) || `the addon is built with ${libbpf()}`);
    needs(this, 'uprobe.multi', kernelIsSince(6, 6) || 'the kernel is older than 6.6');
    using opened = open('attach-many');
    const program = opened.programs.need('count_symbols');
    program.setType('kprobe', 'trace_uprobe_multi');
    program.autoload = true;
    using object = opened.load();
    const link = object.programs.need('count_symbols').attachUprobes(PROBED, ['probed', 'main']);
    execFileSync(PROBED, [], { input: '3\n' });
    assert.equal(counter(object, 'called'), 4n);
    assert.equal(link.info().target.count, 2);
  });

  it('say that an old libbpf cannot', function () {
    needs(this, 'libbpf before 1.3', !libbpfIsSince(3) || `the addon is built with ${libbpf()}`);
    using object = load('attach-trace', ['count_probe']);
    assert.throws(
      () => object.programs.need('count_probe').attachUprobes(PROBED, ['probed', 'main']),
      (error) => error instanceof UnsupportedError && /a libbpf before 1\.3/.test(error.message),
    );
  });

  proves({ 'kprobe trace_kprobe_multi': 'counted' }).it('attach to several functions of the kernel', function () {
    needs(this, 'kprobe-pmu');
    needs(this, 'kprobe.multi', kernelIsSince(5, 18) || 'the kernel is older than 5.18');
    needs(
      this,
      'fprobe',
      / register_fprobe\b/.test(readFileSync('/proc/kallsyms', 'latin1')) || 'the kernel has no fprobe',
    );
    using object = load('attach-many', ['count_functions']);
    const link = object.programs.need('count_functions').attachKprobes(['vfs_open', 'do_sys_openat2']);
    openFiles(5);
    assert.ok(counter(object, 'opened') >= 10n);
    assert.equal(link.info().type, 'kprobe_multi');
    link.close();
    const before = counter(object, 'opened');
    openFiles(5);
    assert.equal(counter(object, 'opened'), before);
  });

  it('say what a kernel without kprobes lacks', function () {
    needs(this, 'a kernel without kprobes', !existsSync('/sys/bus/event_source/devices/kprobe') || 'it has them');
    using object = load('hooks', ['count_open']);
    const program = object.programs.need('count_open');
    for (const attach of [() => program.attach(), () => program.attachKprobe('vfs_open')])
      assert.throws(
        attach,
        (error) => error instanceof UnsupportedError && /this kernel has no kprobes$/.test(error.message),
      );
    assert.throws(() => program.attachKprobes(['vfs_open']), /to functions vfs_open: /);
  });

  it('on functions of the kernel work, or are named with the refusal', function () {
    needs(this, 'kernel-btf');
    for (const [name, program] of [
      ['fentry', 'count_entry'],
      ['attach-lsm', 'deny_socket'],
    ] as const) {
      try {
        load(name, [program]).close();
      } catch (error) {
        assert.ok(error instanceof ProgramError || error instanceof VerifierError, String(error));
        assert.equal(error.program, program);
      }
    }
  });
});

describe('bpf: iterators with parameters', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'kernel-btf');
  });

  proves({ 'tracing trace_iter bpf_map_elem': 'listed' }).it('walk through one map', async function () {
    needs(this, 'map-iterators');
    using object = load('iterate-map');
    const [program, map] = [object.programs.need('dump_entry'), object.maps.need('numbers')];
    for (const key of [1, 2, 3]) map.set(key, BigInt(key * key));
    assert.throws(() => program.attachIterator(), /needs the option map$/);
    using link = program.attachIterator({ map });
    assert.deepEqual((await text(link.read())).trim().split('\n').sort(), ['1=1', '2=4', '3=9']);
    map.delete(2);
    assert.deepEqual((await text(link.read())).trim().split('\n').sort(), ['1=1', '3=9']);
    const { type, target } = link.info();
    assert.equal(type, 'iter');
    assert.equal(target.name, 'bpf_map_elem');
    assert.ok((target.mapId ?? 0) > 0);
    assert.deepEqual(program.info().mapIds.includes(target.mapId ?? 0), false, 'only the object uses it');
  });

  it('walk through one process', async function () {
    needs(this, 'parameters of task iterators', kernelIsSince(6, 1) || 'the kernel is older than 6.1');
    using object = load('attach-trace', ['dump_task']);
    const program = object.programs.need('dump_task');
    using link = program.attachIterator({ pid: process.pid });
    const rows = new Set((await text(link.read())).trim().split('\n'));
    assert.deepEqual([...rows], [String(process.pid)]);
    assert.deepEqual(link.info().target, { name: 'task', tid: 0, pid: process.pid });
    using all = program.attachIterator();
    const other = spawn('sleep', ['60']);
    try {
      assert.ok((await text(all.read())).trim().split('\n').includes(String(other.pid)));
    } finally {
      other.kill();
    }
    assert.throws(() => program.attachIterator({ pid: 1, tid: 1 }), UsageError);
    // The kernel would take the descriptor of the map for the id of a thread.
    using map = BpfMap.create({ type: 'hash', valueSize: 4, maxEntries: 1 });
    assert.throws(
      () => program.attachIterator({ map }),
      /^UsageError: map: an iterator of task does not take it, but /,
    );
    assert.throws(() => program.attachIterator({ cgroup: '/' }), /^UsageError: cgroup: an iterator of task /);
  });
});

describe('bpf: iterators of cgroups', () => {
  proves({ 'tracing trace_iter cgroup': 'listed' }).it('walk from one of them', async function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    needs(this, 'iterators of cgroups', kernelIsSince(6, 1) || 'the kernel is older than 6.1');
    needs(this, 'cgroup-iterators');
    const path = join(mountPoint('cgroup2') as string, `snoopkit-iterators-${process.pid}`);
    const paths = [path, join(path, 'one'), join(path, 'two')];
    for (const one of paths) mkdirSync(one);
    try {
      const ids = paths.map((one) => String(statSync(one).ino));
      using object = load('iterate-cgroups');
      const program = object.programs.need('dump_cgroup');
      using link = program.attachIterator({ cgroup: path });
      assert.deepEqual((await text(link.read())).trim().split('\n').sort(), ids.sort());
      using self = program.attachIterator({ cgroup: paths[1] as string, order: 'self' });
      assert.equal((await text(self.read())).trim(), String(statSync(paths[1] as string).ino));
    } finally {
      for (const one of paths.reverse()) rmdirSync(one);
    }
  });
});

describe('bpf: programs run on request', () => {
  before(function () {
    needs(this, 'root');
  });

  it('return what they say of a packet', () => {
    using object = load('attach-net', ['drop_packet', 'mark_frame', 'steer']);
    const data = Buffer.alloc(60, 7);
    const dropped = object.programs.need('drop_packet').run({ data, repeat: 1000 });
    assert.equal(dropped.ret, 1);
    assert.deepEqual(dropped.data, data);
    assert.equal(counter(object, 'seen'), 1000n);
    assert.ok(dropped.durationNs >= 0);
    const context = Buffer.alloc(192);
    const marked = object.programs.need('mark_frame').run({ data, context });
    assert.equal(marked.ret, 0);
    // __sk_buff.mark
    assert.equal(marked.context.readUInt32LE(8), 42);
    assert.throws(() => object.programs.need('drop_packet').run(), /^UsageError: data: xdp programs need a packet/);
    assert.throws(
      () => object.programs.need('mark_frame').run({ data, context: Buffer.alloc(4) }),
      /^UsageError: context: 4 bytes are less than the kernel's context of sched_cls programs$/,
    );
    assert.throws(() => object.programs.need('steer').run(), /^UsageError: context: sk_lookup programs need a struct/);
  });

  it('return a packet that has grown', () => {
    using object = load('attach-net', ['grow_frame']);
    const program = object.programs.need('grow_frame');
    const data = Buffer.alloc(60, 7);
    for (const context of [undefined, Buffer.alloc(192)]) {
      const { ret, data: grown } = program.run(context === undefined ? { data } : { data, context });
      assert.deepEqual([ret, grown], [0, Buffer.concat([data, Buffer.alloc(10_000 - data.length)])]);
    }
  });

  proves({ syscall: 'run' }).it('return the context of a call', function () {
    needs(this, 'syscall programs', kernelIsSince(5, 14) || 'the kernel is older than 5.14');
    using object = load('attach-run');
    const program = object.programs.need('answer');
    const context = Buffer.alloc(8);
    context.writeUInt32LE(21);
    const { ret, context: after } = program.run({ context });
    assert.deepEqual([ret, after.readUInt32LE(4), context.readUInt32LE(4)], [5, 42, 0]);
    assert.throws(() => program.run({ data: context }), UsageError);
    assert.throws(() => program.run({ context: Buffer.alloc(4) }), {
      errno: 'EINVAL',
      message: /^cannot run answer: .*; is the context, of 4 bytes, shorter than what the program reads of it\?$/,
    });
    assert.throws(() => program.run({ repeat: 5 }), UsageError);
    assert.throws(() => program.attach(), /use run\(\)$/);
  });

  proves({ raw_tracepoint_writable: 'changed' }).it('have the result that a writable tracepoint gives', () => {
    using object = load('attach-net', ['drop_packet']);
    using other = load('writable');
    const run = () => object.programs.need('drop_packet').run({ data: Buffer.alloc(60) });
    const link = other.programs.need('change_result').attach();
    assert.throws(run, { errno: 'EBADMSG' });
    link.close();
    assert.equal(run().ret, 1);
  });

  it('see the arguments of a tracepoint', () => {
    using object = load('attach-trace', ['raw', 'count_probe']);
    const context = Buffer.alloc(16);
    context.writeBigUInt64LE(99n);
    assert.equal(object.programs.need('raw').run({ context, cpu: 0 }).ret, 7);
    assert.deepEqual([counter(object, 'ran'), counter(object, 'argument')], [1n, 99n]);
    assert.throws(
      () => object.programs.need('count_probe').run(),
      /^UsageError: cannot run count_probe: .*not kprobe$/,
    );
    assert.throws(() => object.programs.need('raw').attach().openIterator(), {
      code: 'ERR_SNOOPKIT_BPF',
      message: 'the link of raw to raw_tp/sys_enter is not that of an iterator: invalid argument (EINVAL)',
    });
  });
});

describe('bpf: what the kernel knows of a program', () => {
  before(function () {
    needs(this, 'root');
  });

  it('is read', () => {
    using object = load('attach-net', ['steer', 'drop_packet']);
    const program = object.programs.need('steer');
    const info = program.info();
    assert.equal(info.name, 'steer');
    assert.equal(info.type, 'sk_lookup');
    assert.equal(info.id, program.id);
    assert.match(info.tag, /^[0-9a-f]{16}$/);
    assert.equal(info.uid, process.getuid?.());
    assert.equal(info.mapIds.length, 1);
    assert.ok(info.translatedSize > 0 && info.loadTime > 0n);
    assert.deepEqual([info.runCount, info.runTime], [0n, 0n]);
    if (kernelIsSince(5, 16)) assert.ok(info.verifiedInstructions > 5);
    assert.notEqual(object.programs.need('drop_packet').id, info.id);
  });

  it('names types as its BTF does', function () {
    needs(this, 'kernel-btf');
    const btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'));
    for (const [name, prefix, ours] of [
      ['bpf_prog_type', 'BPF_PROG_TYPE_', PROGRAM_TYPES],
      ['bpf_attach_type', 'BPF_', ATTACH_TYPES],
      ['bpf_link_type', 'BPF_LINK_TYPE_', LINK_TYPES],
    ] as const) {
      const id = btf.find(name, 'enum');
      assert.ok(id !== undefined, name);
      const { shape } = shapeOf(btf, id);
      assert.ok(shape.kind === 'enum', name);
      const theirs = [...shape.names]
        .filter(([value]) => value.startsWith(prefix) && !value.startsWith('__'))
        .sort(([, one], [, two]) => Number(one) - Number(two))
        .map(([value]) => value.slice(prefix.length).toLowerCase());
      const both = Math.min(theirs.length, ours.length);
      assert.deepEqual(theirs.slice(0, both), ours.slice(0, both));
      // Linux 5.10 has 7 types of links.
      assert.ok(both > 5);
    }
  });
});
