import assert from 'node:assert/strict';
import sinon from 'sinon';
import { BpfError, PrivilegeError, UnsupportedError, VerifierError, verifierSummary } from '../../src/bpf/errors.js';
import { BpfGlobal } from '../../src/bpf/global.js';
import { BpfMap, MAP_TYPE } from '../../src/bpf/map.js';
import { BpfProgram } from '../../src/bpf/program.js';
import { SnoopkitError } from '../../src/errors.js';
import type { NativeObject } from '../../src/native/binding.js';

/** An object of the addon that refuses what it is asked. */
function refusing(answers: Partial<Record<keyof NativeObject, number>>): NativeObject {
  const native: Record<string, unknown> = {};
  for (const [name, status] of Object.entries(answers)) native[name] = sinon.stub().returns(status);
  return native as unknown as NativeObject;
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

describe('bpf: errors', () => {
  const rows: [SnoopkitError, string, string][] = [
    [new BpfError('cannot do it', 12), 'ERR_SNOOPKIT_BPF', 'cannot do it: not enough memory (ENOMEM)'],
    [new BpfError('cannot do it', 524, { hint: 'do that' }), 'ERR_SNOOPKIT_BPF', 'cannot do it: ENOTSUPP; do that'],
    [
      new PrivilegeError('cannot trace', 1, ['CAP_BPF', 'CAP_PERFMON']),
      'ERR_SNOOPKIT_PRIVILEGE',
      'cannot trace: operation not permitted (EPERM); missing CAP_BPF, CAP_PERFMON: run as root, for example with sudo',
    ],
    [new UnsupportedError('there is none'), 'ERR_SNOOPKIT_UNSUPPORTED', 'there is none'],
    [
      new VerifierError('handle_it', 13, 'a\nR1 is wrong\nprocessed 1 insns'),
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
  const info = { name: 'numbers', type: 1, keySize: 4, valueSize: 8, maxEntries: 1, flags: 0 };
  const shapes = { key: undefined, value: undefined };
  const bpfError = (pattern: RegExp) => (error: unknown) => error instanceof BpfError && pattern.test(error.message);

  it('name the map', () => {
    const map = new BpfMap(refusing({ setMaxEntries: -16, openMap: -22 }), info, shapes);
    assert.throws(
      () => {
        map.maxEntries = 5;
      },
      bpfError(/^cannot give the map numbers 5 entries: .*\(EBUSY\)$/),
    );
    assert.equal(map.maxEntries, 1);
    assert.throws(() => map.fd, bpfError(/^the map numbers is not there before load\(\): .*\(EINVAL\)$/));
  });

  it('name the program and the hook', () => {
    const native = refusing({
      setAutoload: -22,
      setAttachTarget: -3,
      programFd: -2,
      attach: -22,
      attachRawTracepoint: -2,
      attachKprobe: -95,
      attachUprobe: -13,
      attachIter: -22,
    });
    const program = new BpfProgram(native, { name: 'handle', section: 'raw_tp/x', type: 17 });
    assert.throws(
      () => {
        program.autoload = false;
      },
      bpfError(/^cannot change autoload of handle: .*EINVAL/),
    );
    assert.throws(
      () => {
        program.attachTarget = 'nothing';
      },
      bpfError(/^cannot set the target of handle to nothing: .*ESRCH/),
    );
    assert.throws(() => program.fd, bpfError(/^handle is not loaded/));
    assert.throws(() => program.attach(), bpfError(/^cannot attach handle to raw_tp\/x: .*EINVAL/));
    assert.throws(
      () => program.attachKprobe('f'),
      bpfError(/^cannot attach handle to function f: .*EOPNOTSUPP|ENOTSUP/),
    );
    assert.throws(() => program.attachIterator(), bpfError(/raw_tp\/x/));
    assert.throws(
      () => program.attachRawTracepoint('none'),
      (error) =>
        error instanceof UnsupportedError && /to raw tracepoint none: this kernel has no such hook/.test(error.message),
    );
    assert.throws(() => program.attachUprobe('/bin/x', 'main'), bpfError(/main of \/bin\/x/));
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
    const global = new BpfGlobal(refusing({ readImage: -9, writeImage: -1 }), variable);
    assert.throws(() => global.get(), bpfError(/^cannot read target: .*EBADF/));
    assert.throws(() => global.set(1), bpfError(/^cannot set target: .*EPERM/));
  });

  it('are no array for each CPU, nor bytes of another size', () => {
    const perCpu = new BpfMap(refusing({}), { ...info, type: MAP_TYPE.PERCPU_HASH }, shapes);
    assert.throws(
      () => perCpu.set(Buffer.alloc(4), Buffer.alloc(8)),
      /^TypeError: numbers is per-CPU: pass an array of \d+ values$/,
    );
    const map = new BpfMap(refusing({}), info, shapes);
    assert.throws(() => map.set(Buffer.alloc(3), Buffer.alloc(8)), /^RangeError: numbers: 3 bytes, expected 4$/);
    assert.throws(() => map.set(Buffer.alloc(4), Buffer.alloc(9)), /^RangeError: numbers: 9 bytes, expected 8$/);
    assert.throws(() => map.set(5, 6), /^TypeError: numbers has no BTF: pass bytes$/);
  });
});
