import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hasHelper, hasMapType, hasProgramType } from '../../src/bpf/kernel-features.js';
import { MAP_TYPE, type MapType } from '../../src/bpf/map-type.js';
import { BpfObject } from '../../src/bpf/object.js';
import { PROGRAM_TYPES, type ProgramType } from '../../src/bpf/program-type.js';
import { UsageError } from '../../src/errors.js';
import { objectPath } from '../../src/trace/object-path.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { patient } from '../helpers/patience.js';
import { systemEnvironment } from '../helpers/system.js';

const isUsage = (pattern: RegExp) => (error: unknown) => error instanceof UsageError && pattern.test(error.message);

describe('bpf: features of the kernel', () => {
  before(function () {
    needs(this, 'root');
  });

  it('are those that bpftool finds', function () {
    needs(this, 'bpftool');
    this.timeout(patient(60_000));
    const text = execFileSync('bpftool', ['-j', 'feature', 'probe', 'kernel'], {
      encoding: 'utf8',
      env: systemEnvironment(),
      maxBuffer: 1 << 24,
    });
    const { program_types: programs, map_types: maps } = JSON.parse(text);
    const theirs = (all: Record<string, boolean>, kind: string) =>
      new Map(Object.entries(all).map(([key, is]) => [key.replace(/^have_/, '').replace(`_${kind}_type`, ''), is]));
    const theirPrograms = theirs(programs, 'prog');
    // bpftool tries fentry, which this kernel may refuse.
    theirPrograms.delete('tracing');
    const known = PROGRAM_TYPES.filter((type) => theirPrograms.has(type));
    assert.ok(known.length > 28);
    for (const type of known) assert.equal(hasProgramType(type), theirPrograms.get(type), type);
    const theirMaps = theirs(maps, 'map');
    const types = (Object.keys(MAP_TYPE) as MapType[]).filter((type) => theirMaps.has(type));
    assert.ok(types.length > 28);
    for (const type of types) assert.equal(hasMapType(type), theirMaps.get(type), type);
  });

  it('came with their releases', () => {
    assert.equal(hasProgramType('tracing'), true);
    assert.equal(hasProgramType('syscall'), kernelIsSince(5, 14));
    assert.equal(hasProgramType('netfilter'), kernelIsSince(6, 4));
    assert.equal(hasMapType('bloom_filter'), kernelIsSince(5, 16));
    assert.equal(hasMapType('user_ringbuf'), kernelIsSince(6, 1));
    assert.equal(hasMapType('arena'), kernelIsSince(6, 9));
    for (const [name, major, minor] of [
      ['bpf_ringbuf_output', 5, 8],
      ['bpf_for_each_map_elem', 5, 13],
      ['bpf_loop', 5, 17],
      ['bpf_ktime_get_tai_ns', 6, 1],
    ] as const)
      for (const type of ['tracepoint', 'tracing', 'xdp'] as const)
        assert.equal(hasHelper(name, type), kernelIsSince(major, minor), `${name} ${type}`);
  });

  it('are helpers for some types of programs only', () => {
    const have = (name: string, ...types: ProgramType[]) => types.map((type) => hasHelper(name, type));
    assert.deepEqual(have('bpf_redirect', 'xdp', 'sched_cls', 'kprobe', 'tracing'), [true, true, false, false]);
    assert.deepEqual(have('bpf_get_stackid', 'tracepoint', 'tracing', 'xdp'), [true, true, false]);
    assert.deepEqual(have('bpf_sk_assign', 'sk_lookup', 'sched_cls', 'tracepoint'), [true, true, false]);
    // At some hooks of their type.
    assert.deepEqual(have('bpf_seq_printf', 'tracing', 'tracepoint'), [true, false]);
    assert.deepEqual(have('bpf_setsockopt', 'cgroup_sockopt', 'xdp'), [kernelIsSince(5, 15), false]);
    assert.deepEqual(have('bpf_skb_store_bytes', 'sched_cls', 'xdp'), [true, false]);
  });

  it('have the helpers that a loaded program calls', () => {
    using opened = BpfObject.open(objectPath('opensnoop'));
    const program = opened.programs.need('handle_openat');
    const called = opened
      .requirements()
      .helpers.filter(({ programs, isAvailable }) => isAvailable && programs.includes(program.name));
    assert.ok(called.length > 5);
    for (const { name } of called) assert.ok(hasHelper(name, program.type), name);
  });

  it('refuse what is no feature', () => {
    assert.throws(() => hasProgramType('nothing' as never), isUsage(/^type 'nothing': expected socket_filter, /));
    assert.throws(() => hasProgramType('unspec'), isUsage(/^type 'unspec': /));
    assert.throws(() => hasMapType('toString' as never), isUsage(/^type 'toString': expected hash, /));
    assert.throws(
      () => hasHelper('loop', 'xdp'),
      isUsage(/^name 'loop': no helper function of Linux up to 6\.2; did you mean bpf_\w*loop\?$/),
    );
    assert.throws(() => hasHelper('bpf_loop', 1 as never), isUsage(/^type 1: /));
    assert.throws(() => hasHelper('bpf_loop', 'ext'), { code: 'ERR_SNOOPKIT_UNSUPPORTED' });
  });

  it('are unknown in a user namespace, and without descriptors', function () {
    needs(this, 'unshare');
    needs(this, 'own-root');
    const script = `
      const { hasMapType } = await import('${new URL('../../src/index.js', import.meta.url)}');
      const { closeSync, openSync } = await import('node:fs');
      const told = (type) => { try { return hasMapType(type); } catch (error) { return error.errno; } };
      const before = told('hash');
      const opened = [];
      try { for (;;) opened.push(openSync('/dev/null')); } catch { closeSync(opened.pop()); }
      console.log(before, told('sk_storage'));`;
    const run = (...words: string[]) =>
      execFileSync(
        'sh',
        ['-c', `ulimit -n 100; exec "$@"`, 'sh', ...words, process.execPath, '--input-type=module', '-e', script],
        {
          encoding: 'utf8',
        },
      );
    assert.equal(run(), 'true EMFILE\n');
    assert.match(run('unshare', '--user', '--map-root-user'), /^EPERM (EPERM|EMFILE)\n$/);
  });

  it('are unknown to those without rights', function () {
    needs(this, 'setuid');
    const script = `
      const { hasMapType } = await import('${new URL('../../src/index.js', import.meta.url)}');
      process.setuid(65534);
      try { hasMapType('hash'); } catch (error) { console.log(error.code, error.message); }`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const missing = 'CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN';
    assert.match(said, /^ERR_SNOOPKIT_PRIVILEGE cannot probe for maps of type hash: /);
    assert.ok(said.includes(`missing ${missing}`), said);
  });
});
