/** Mistakes that beginners make, as this kernel's verifier refuses them. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { VerifierError } from '../../../src/bpf/errors.js';
import { needs } from '../../capability.js';
import { kernelIsSince } from '../../helpers/kernel.js';
import { type Fixture, open } from '../helpers.js';

/** What load() throws for a program that is loaded alone; undefined if this kernel accepts it. */
function refusalOf(fixture: Fixture, name: string): VerifierError | undefined {
  const opened = open(fixture);
  for (const program of opened.programs.values()) program.autoload = program.name === name;
  try {
    opened.load().close();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof VerifierError, String(error));
    return error;
  }
}

/** A program, the comment at the end of its wrong line, a part of the hint, and parts of the code of the story's steps. */
const ROWS: readonly [program: string, comment: string, hint: RegExp, story: readonly string[]][] = [
  ['handle_null', 'not tested', /may be NULL/, ['call bpf_map_lookup_elem', 'r0 = *(u64 *)(r0 +0)']],
  ['handle_number', 'not a pointer that is known', /BPF_CORE_READ/, ['call bpf_get_current_task', '(r0 +0)']],
  ['handle_beyond', 'beyond the value', /beyond the memory/, ['call bpf_map_lookup_elem', ' = r0', '+64)']],
  ['handle_unbounded', 'any index', /negative or too large/, ['call bpf_get_prandom_u32', '+=', '+8)']],
  ['handle_packet', 'not compared with data_end', /data_end/, ['*(u32 *)(r1 +0)', '+12)']],
  ['handle_zero', 'may be 0', /at least 1/, []],
  ['handle_unwritten', 'not written', /never written/, ['call bpf_ringbuf_output']],
  ['handle_stack', 'more than 512 bytes', /512 bytes/, ['(r10 -520) = ']],
  ['handle_short_key', 'a key that is too short', /beyond the memory/, ['+= -2', 'call bpf_map_lookup_elem']],
  ['handle_loop', 'without end', /no end/, []],
  ['handle_unset', 'r7 has no value', /no value/, ['r0 = r7']],
  ['handle_second', 'not passed', /only argument/, ['r2']],
  ['handle_helper', 'not for this type', /^bpf_override_return came with Linux 4\.16, .*bpf-helpers\(7\)$/, []],
  [
    'handle_reservation',
    'neither submitted nor discarded',
    /bpf_ringbuf_discard/,
    ['call bpf_ringbuf_reserve', 'exit'],
  ],
  ['handle_argument', 'a key that is no memory', /another kind of value/, ['r2 = 16', 'call bpf_map_lookup_elem']],
  ['handle_no_map', 'not a map', /&map/, ['call bpf_map_lookup_elem']],
  ['handle_locked', 'while it is locked', /bpf_spin_unlock/, []],
  ['handle_misaligned', 'not aligned', /aligned\(8\)/, []],
  ['handle_context', 'no such field', /no such field/, ['+4096)']],
  ['handle_arithmetic', 'a pointer, multiplied', /no such arithmetic/, ['r0 = r1', 'r0 *= 3']],
  [
    'handle_missing',
    "not in the kernel's types",
    /^the kernel has no struct task_struct___snoopkit\.no_such_member: test for it first/,
    [],
  ],
  ['handle_result', '0 or 1 are allowed', /return values/, ['= 7', 'exit']],
];

describe('bpf: a refusal of the verifier', () => {
  before(function () {
    needs(this, 'root');
  });

  for (const [program, comment, hint, story] of ROWS)
    it(`names the line, what made the value, and a remedy: ${program}`, () => {
      const error = refusalOf('mistakes', program);
      // Privileged programs may read what they did not write since Linux 6.3; stable kernels before that may have it, too.
      if (program === 'handle_unwritten' && kernelIsSince(5, 15)) {
        if (kernelIsSince(6, 3)) assert.equal(error, undefined);
        if (!error) return;
      }
      assert.ok(error);
      assert.match(String(error.hint), hint);
      assert.ok(error.source);
      assert.ok(error.source.text.endsWith(`/* ${comment} */`), error.source.text);
      assert.equal(basename(error.source.file ?? ''), 'mistakes.bpf.c');
      assert.ok(error.message.endsWith(` at mistakes.bpf.c:${error.source.line}`), error.message);
      assert.doesNotMatch(error.message, /\n/);
      const codes = error.story.map(({ code }) => code);
      for (const part of story)
        assert.ok(
          codes.some((code) => code.includes(part)),
          `${part} in ${codes.join('; ')}`,
        );
      for (const { source } of error.story) assert.ok(source?.line !== undefined);
    });

  it('for a number in place of a pointer with a type says where those are', () => {
    const { hint } = refusalOf('mistakes', 'handle_type') ?? {};
    assert.match(String(hint), kernelIsSince(5, 15) ? /bpf_get_current_task_btf/ : /^bpf_task_pt_regs came with/);
  });

  it('for a function that is not static, and for one without end, says so', () => {
    // The verifier may not have followed any instruction by then, so that there is no line.
    assert.match(String(refusalOf('mistakes', 'handle_function')?.hint), /verified on its own/);
    assert.match(String(refusalOf('mistakes', 'handle_end')?.hint), /a path without return/);
  });

  it('for an instruction that the kernel does not know says how to compile', () => {
    // It is refused before any is followed.
    assert.match(String(refusalOf('mistakes', 'handle_opcode')?.hint), /-mcpu=v2/);
  });

  it('for a kernel function says that it is for other types', function () {
    needs(this, 'functions of the kernel', kernelIsSince(5, 13) || 'they came with 5.13');
    const error = refusalOf('kernel-function', 'handle_kernel_function');
    assert.match(String(error?.hint), /for other types of programs only/);
    assert.match(String(error?.source?.text), /not for this type/);
  });

  it('for the license says which', () => {
    const error = refusalOf('unlicensed', 'handle_license');
    assert.match(String(error?.hint), /SEC\("license"\)/);
    assert.match(String(error?.source?.text), /^bpf_probe_read_kernel\(/);
  });
});
