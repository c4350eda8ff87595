/**
 * Remedies for refusals of the verifier: those that beginners meet. The messages are the kernel's (kernel/bpf/verifier.c);
 * several were found in issues of bcc, bpftrace, cilium, aya, ecapture, redbpf and retsnoop, and in pages that explain them.
 */
import { helperName, helperSince } from '../helper-list.js';

/** In this order: a log may fit several, and the more special come first. */
const HINTS: readonly (readonly [message: RegExp, hint: string])[] = [
  [
    /invalid mem access '\w+_or_null'|possibly NULL pointer|type=\w+_or_null/,
    'the pointer may be NULL: test it before it is used, on every path',
  ],
  [
    /invalid mem access '(inv|scalar)'/,
    'this value is a number, not a pointer that the verifier knows: read kernel memory by BPF_CORE_READ() or ' +
      'bpf_probe_read_kernel(), memory of a process by bpf_probe_read_user()',
  ],
  [
    /unbounded memory access|unbounded min value|min value is negative/,
    'the offset or length has no bounds here: compare it as an unsigned value with the size just before this access, or ' +
      'mask it with a power of two minus one',
  ],
  [
    /invalid access to packet|outside of the packet/,
    'the packet may be shorter: compare the end of what is read with data_end first, and repeat this after anything that ' +
      'changes the packet',
  ],
  [
    /invalid ([\w-]+ )?(write to|read from|access to) stack R\d+ off=|stack (size|depth).*[Tt]oo large|combined stack/,
    'the stack has 512 bytes, all called functions included: keep large data in a per-CPU array or a ring buffer reservation',
  ],
  [
    /invalid (indirect )?(read from|access to) stack/,
    'some of this memory was never written: initialize all of it, padding included, by = {} or __builtin_memset()',
  ],
  [
    /invalid access to (map value|memory|map key|mem)|outside of the (allowed )?(memory|array) range/,
    'the access ends beyond the memory: check the size of the value, and the index before it is used',
  ],
  [
    /infinite loop detected|back-edge|loop is not bounded/,
    'the loop has no end that the verifier can see: give it a constant bound, or use bpf_loop() (kernel 5.17) or ' +
      'bpf_for() (6.4)',
  ],
  [
    /BPF program is too large|processed \d+ insn.*too large|sequence of \d+ jumps is too complex|too many (instructions|states)/,
    'the verifier follows at most a million instructions: shorten loops, move their bodies to bpf_loop(), or split the ' +
      'program by tail calls or global functions',
  ],
  [
    /!read_ok/,
    'this register has no value here: a variable without a value, a missing return value, or one that a helper call has ' +
      'cleared (r1 to r5)',
  ],
  [
    /GPL-restricted|GPL-compatible|from non-GPL/,
    'this needs a license that is compatible with the GPL: char LICENSE[] SEC("license") = "GPL"',
  ],
  [
    /[Uu]nreleased reference|reference leak/,
    'a reference is kept on this path: end a reservation by bpf_ringbuf_submit() or bpf_ringbuf_discard(), and release ' +
      'sockets and tasks, before each return',
  ],
  [
    /type=\S+ expected=/,
    'this argument of the call has to be another kind of value: a key and a value are pointers to memory of the program, ' +
      'and the context is the first argument as the program got it',
  ],
  [
    /invalid bpf_context access|dereference of modified ctx|ctx access var_off/,
    'the context of this program type has no such field, or not in this size: read its members by name, with a constant offset',
  ],
  [
    /pointer arithmetic|pointer operation|math between|arithmetic prohibited/,
    'a pointer allows no such arithmetic: add to it or subtract from it only, and convert it to a number before the rest',
  ],
  [
    /At program exit the register R0|R0 has (value|smin|unknown)/,
    'the kernel allows only some return values of this program type: return one of those that are named',
  ],
  [/misaligned/, 'the access is not aligned to its size: copy packed or variable data by __builtin_memcpy()'],
  [/leaks addr/, 'a pointer of the kernel would leave the program: store a number instead'],
];

/** libbpf's own line about an instruction that it replaced. */
const POISONED = /failed to resolve CO-RE relocation <\w+> \[\d+\] (.+?)(?: \([^()]*\))?$/;

/** A helper that the verifier refuses, with its number. */
const HELPER = /(?:unknown func|invalid func|cannot use helper) (\w+)?#(\d+)/;

function helperHint(reason: string): string | undefined {
  const [, said, number] = HELPER.exec(reason) ?? [];
  if (number === undefined) return undefined;
  const id = Number(number);
  const name = said === undefined || said === 'unknown' ? (helperName(id) ?? `helper ${id}`) : said;
  const since = helperSince(id);
  const release = since === undefined ? 'a later release than this library knows' : `Linux ${since}`;
  return `${name} came with ${release}, and may be called by some types of programs only: see bpf-helpers(7)`;
}

/** The remedy for what the verifier says; undefined for a refusal that is not known. */
export function hintFor(reasons: readonly string[]): string | undefined {
  for (const reason of reasons) {
    const missing = POISONED.exec(reason)?.[1];
    if (missing !== undefined)
      return `the kernel has no ${missing}: test for it first, by bpf_core_field_exists() or bpf_core_type_exists()`;
  }
  for (const reason of reasons) {
    const hint = helperHint(reason);
    if (hint !== undefined) return hint;
  }
  return HINTS.find(([message]) => reasons.some((reason) => message.test(reason)))?.[1];
}
