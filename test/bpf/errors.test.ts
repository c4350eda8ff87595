import assert from 'node:assert/strict';
import sinon from 'sinon';
import { BpfError, PrivilegeError, ProgramError, UnsupportedError, VerifierError } from '../../src/bpf/errors.js';
import { BpfGlobal } from '../../src/bpf/global.js';
import { Lifetime } from '../../src/bpf/lifetime.js';
import { loadError, openHint } from '../../src/bpf/load-error.js';
import { MapMemory } from '../../src/bpf/map-memory.js';
import { OpenedMap } from '../../src/bpf/opened-map.js';
import { OpenedProgram } from '../../src/bpf/opened-program.js';
import { BpfProgram } from '../../src/bpf/program.js';
import type { ProgramType } from '../../src/bpf/program-type.js';
import { verifierSummary } from '../../src/bpf/verifier/log.js';
import { NotFoundError, SnoopkitError } from '../../src/errors.js';
import { ERRNO } from '../../src/kernel/errno.js';
import type { NativeObject, NativeProgram } from '../../src/native/binding.js';
import { needs } from '../capability.js';

/** An object or program of the addon that refuses what it is asked. */
function refusing<Native>(answers: Partial<Record<keyof Native, number>>): Native {
  const native: Record<string, unknown> = {};
  for (const [name, status] of Object.entries(answers)) native[name] = sinon.stub().returns(status);
  return native as unknown as Native;
}

describe('bpf: what the verifier says', () => {
  for (const [what, log, line] of [
    [
      'the reason, behind the instructions',
      "0: R1=ctx() R10=fp0\n; return *p; @ x.c:9\n0: (79) r1 = *(u64 *)(r1 +0)\nR1 invalid mem access 'scalar'\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
      "R1 invalid mem access 'scalar'",
    ],
    [
      'nothing of its own work',
      'BPF program is too large. Processed 1000001 insn\nverification time 512 usec\nstack depth 32+8\nprocessed 1000001 insns (limit 1000000)\n',
      'BPF program is too large. Processed 1000001 insn',
    ],
    ['one line', 'unknown func bpf_no_such#999', 'unknown func bpf_no_such#999'],
    ['no end of log', 'back-edge from insn 5 to 2\n-- END PROG LOAD LOG --\n', 'back-edge from insn 5 to 2'],
    ['blanks around it', '   invalid read from stack   \n\n', 'invalid read from stack'],
    ['nothing', '', 'no reason given'],
    ['nothing but its own work', 'processed 0 insns\n', 'no reason given'],
  ] as const)
    it(`is summed up: ${what}`, () => assert.equal(verifierSummary(log), line));
});

describe('bpf: the error of a load', () => {
  const failed = (log: string | undefined, errno: number = ERRNO.ENOSPC, warnings = '') =>
    loadError({
      name: 'mine',
      errno,
      refusal: log === undefined ? undefined : { program: 'count', log },
      warnings,
      findLine: () => () => undefined,
      btf: undefined,
      room: 128,
      maps: new Map(),
      programs: new Map(),
    });

  it('has the reason at the end of a log that is cut, if the program is too large', () => {
    const error = failed(
      '0)\n7: (07) r1 += 1\nBPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns\n',
    );
    assert.ok(error instanceof VerifierError);
    assert.match(error.message, /^the verifier rejected program count: .*\(E2BIG\); BPF program is too large/);
    assert.match(`${error.hint}`, /at most a million instructions/);
  });

  it('says that a log is cut', () => {
    const message =
      "cannot load mine: the verifier's log of program count is longer than 128 bytes (ENOSPC); raise logSize";
    assert.equal(failed('7: (07) r1 += 1\n').message, message);
  });

  it('does not name the verifier if the program was denied before', function () {
    needs(this, 'root');
    const error = failed('processed 0 insns\n', ERRNO.EPERM);
    assert.ok(error instanceof ProgramError, String(error));
    assert.match(error.message, /^cannot load mine: program count was rejected: .* \(EPERM\)$/);
    assert.ok(failed('0: (95) exit\nnot now\n', ERRNO.EPERM) instanceof VerifierError);
  });

  it('does not name the verifier if descriptors are used up', () => {
    const error = failed('processed 2 insns (limit 1000000)\n', ERRNO.EMFILE);
    assert.ok(error instanceof ProgramError);
    assert.equal(error.message, 'cannot load mine: program count was rejected: too many open files (EMFILE)');
  });

  it('does not blame the kernel if descriptors are used up', () => {
    const warning = `libbpf: Error in bpf_object__probe_loading():Too many open files(24). Couldn't load trivial BPF program.\n`;
    const error = failed(undefined, ERRNO.EMFILE, warning);
    assert.deepEqual([error.message, error.cause], ['cannot load mine: too many open files (EMFILE)', warning]);
  });
});

describe('bpf: errors', () => {
  const rows: [SnoopkitError, string, string][] = [
    [new BpfError('cannot do it', 12), 'ERR_SNOOPKIT_BPF', 'cannot do it: not enough memory (ENOMEM)'],
    [
      new BpfError('cannot do it', 524, { hint: 'do that' }),
      'ERR_SNOOPKIT_BPF',
      'cannot do it: not supported by this kernel (ENOTSUPP); do that',
    ],
    [
      new PrivilegeError('cannot trace', 1, ['CAP_BPF', 'CAP_PERFMON']),
      'ERR_SNOOPKIT_PRIVILEGE',
      'cannot trace: operation not permitted (EPERM); missing CAP_BPF, CAP_PERFMON: run as root, for example with sudo',
    ],
    [new UnsupportedError('there is none'), 'ERR_SNOOPKIT_UNSUPPORTED', 'there is none'],
    [
      new VerifierError('handle_it', 13, '0: (95) exit\nR1 is wrong\nprocessed 1 insns'),
      'ERR_SNOOPKIT_VERIFIER',
      'the verifier rejected program handle_it: permission denied (EACCES); R1 is wrong',
    ],
  ];
  for (const [error, code, message] of rows)
    it(`${error.name} has a code and says one line`, () => {
      assert.ok(error instanceof SnoopkitError && error instanceof Error);
      assert.deepEqual([error.code, error.message], [code, message]);
      assert.equal(error.constructor.name, error.name);
    });

  it('say that programs have no libc', () => {
    const warnings = "libbpf: failed to find BTF for extern 'strlen' [24] section: -2\n";
    assert.equal(
      new BpfError('cannot open x', 2, { warnings, hint: openHint(warnings) }).message,
      "cannot open x: failed to find BTF for extern 'strlen' [24] section (ENOENT); programs can call helpers, " +
        'kernel functions (__ksym) and functions of the object, but none of libc',
    );
    assert.equal(openHint('libbpf: elf: something else\n'), '');
  });

  it('keep what programs want to know', () => {
    const verifier = new VerifierError('handle_it', 13, 'log');
    assert.deepEqual([verifier.program, verifier.log, verifier.errno], ['handle_it', 'log', 'EACCES']);
    assert.deepEqual(new PrivilegeError('x', 1, ['CAP_BPF']).missing, ['CAP_BPF']);
    const warnings = 'libbpf: one thing\nlibbpf: and another\n';
    assert.equal(new BpfError('x', 1, { warnings }).cause, warnings);
  });

  it("tell what libbpf says, and libbpf's own numbers by name", () => {
    const messages = [
      [22, 'libbpf: elf: endianness mismatch in it.\nlibbpf: more\n', 'endianness mismatch in it (EINVAL)'],
      [3, "libbpf: prog 'p': failed to find f: -3\n", 'failed to find f (ESRCH)'],
      [4000, '', 'LIBBPF_ERRNO__LIBELF'],
      [4003, 'libbpf: it is so\n', 'it is so (LIBBPF_ERRNO__ENDIAN)'],
      [4013, '', 'LIBBPF_ERRNO__NLPARSE'],
      [4014, '', '4014'],
    ] as const;
    for (const [errno, warnings, text] of messages)
      assert.equal(new BpfError('cannot do it', errno, { warnings }).message, `cannot do it: ${text}`);
  });
});

describe('bpf: refusals', () => {
  const sizes = { keySize: 4, valueSize: 8, maxEntries: 1 };
  const info = { name: 'numbers', type: 1, ...sizes, flags: 0, hasVariables: false, pinPath: '' };
  const shapes = { key: undefined, value: undefined };
  const bpfError = (pattern: RegExp) => (error: unknown) => error instanceof BpfError && pattern.test(error.message);

  it('name the map', () => {
    const map = new OpenedMap(refusing<NativeObject>({ setMaxEntries: -16 }), new Lifetime(), info, false);
    assert.throws(
      () => {
        map.maxEntries = 5;
      },
      bpfError(/^cannot give the map numbers 5 entries: .*\(EBUSY\)$/),
    );
    assert.equal(map.maxEntries, 1);
  });

  it('name the program and the hook', () => {
    const info = { name: 'handle', section: 'raw_tp/x', autoload: true };
    const about = { ...info, type: 'raw_tracepoint', attachType: 'cgroup_inet_ingress' } as const;
    const opened = new OpenedProgram(
      refusing<NativeObject>({ setAutoload: -22, setAttachTarget: -3 }),
      new Lifetime(),
      { ...info, type: 17, attachType: 0 },
    );
    const native = refusing<NativeProgram>({
      misses: -22,
      attach: -22,
      attachRawTracepoint: -2,
      attachKprobe: -95,
      attachUprobe: -13,
      attachIter: -22,
    });
    const program = new BpfProgram(native, new Lifetime(), about);
    const ofType = (type: ProgramType) => new BpfProgram(native, new Lifetime(), { ...about, type });
    assert.throws(
      () => {
        opened.autoload = false;
      },
      bpfError(/^cannot change autoload of handle: .*EINVAL/),
    );
    assert.throws(
      () => {
        opened.attachTarget = 'nothing';
      },
      (error) =>
        error instanceof NotFoundError &&
        error.message === "cannot set the target of handle to nothing: there is no such function in the kernel's BTF",
    );
    assert.throws(() => program.misses, bpfError(/^cannot read the statistics of handle: .*EINVAL/));
    assert.throws(() => program.attach(), bpfError(/^cannot attach handle to raw_tp\/x: .*EINVAL/));
    assert.throws(
      () => ofType('kprobe').attachKprobe('f'),
      bpfError(/^cannot attach handle to function f: .*EOPNOTSUPP|ENOTSUP/),
    );
    assert.throws(() => ofType('tracing').attachIterator(), bpfError(/raw_tp\/x/));
    assert.throws(
      () => program.attachRawTracepoint('none'),
      (error) =>
        error instanceof UnsupportedError && /to raw tracepoint none: this kernel has no such hook/.test(error.message),
    );
    assert.throws(() => ofType('kprobe').attachUprobe('/bin/x', 'main'), bpfError(/main of \/bin\/x/));
  });

  it('name the variable', () => {
    const variable = {
      name: 'target',
      section: '.rodata',
      offset: 0,
      size: 4,
      shape: { kind: 'int', size: 4, signed: false, bool: false, char: false },
      typedefs: [],
      isStatic: false,
    } as const;
    const global = new BpfGlobal(refusing<NativeObject>({ readImage: -9, writeImage: -1 }), new Lifetime(), variable);
    assert.throws(() => global.get(), bpfError(/^cannot read target: .*EBADF/));
    assert.throws(() => global.set(1), bpfError(/^cannot set target: .*EPERM/));
  });

  it('are no array for each CPU, nor bytes of another size', () => {
    const memory = (cpus: number) =>
      new MapMemory(new ArrayBuffer(8 + 8 * Math.max(1, cpus)), { ...info, cpus, holdsDescriptors: false }, shapes);
    const perCpu = memory(2);
    for (const value of [Buffer.alloc(8), [Buffer.alloc(8)]])
      assert.throws(() => perCpu.putValue(value), /^UsageError: numbers is per-CPU: pass an array of 2 values$/);
    for (const value of [[undefined, Buffer.alloc(8)], Object.assign(new Array(2), { 0: Buffer.alloc(8) })])
      assert.throws(() => perCpu.putValue(value as never), /^UsageError: numbers: the value of CPU [01] is missing$/);
    const map = memory(0);
    assert.throws(() => map.putKey(Buffer.alloc(3)), /^UsageError: numbers: 3 bytes, expected 4$/);
    assert.throws(() => map.putValue(Buffer.alloc(9)), /^UsageError: numbers: 9 bytes, expected 8$/);
    assert.throws(() => map.putValue(6), /^UsageError: numbers has no BTF: pass bytes$/);
  });
});
