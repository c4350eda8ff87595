/**
 * Remedies for refusals of the verifier, chosen from public questions (docs/decisions.md, "Hints for refusals"). The
 * messages are the kernel's: kernel/bpf/verifier.c, of Linux 5.8 and later; of older ones where a pattern costs nothing.
 */
import { helperName, helperSince } from '../helper-list.js';

const ZERO =
  'the length may be 0 as far as the verifier knows: ensure that this variable is at least 1, just before the call';
const LARGE =
  'the stack has 512 bytes, all called functions included: keep large data in a per-CPU array or a ring buffer reservation';
const UNWRITTEN =
  'some of this memory was never written: initialize all of it, padding included, by = {} or __builtin_memset()';
const BEYOND =
  'the access ends beyond the memory: check its size, for a key or value of a map the type that the map declares, and compare ' +
  'offset and length each with a constant';

/** In this order: a log may fit several, and the more special come first. */
const HINTS: readonly (readonly [message: RegExp, hint: string])[] = [
  [
    /invalid mem access '\w+_or_null_?'|[Pp]ossibly NULL pointer|null-check it first|type=\w+_or_null_? /,
    'the pointer may be NULL: keep it in a variable, and test that before it is used, on every path',
  ],
  [
    /invalid mem access '(inv|scalar|imm)'/,
    'this value is a number, not a pointer that the verifier knows: read kernel memory by BPF_CORE_READ() or ' +
      'bpf_probe_read_kernel(), memory of a process by bpf_probe_read_user(); a pointer becomes one where its memory ends: ' +
      'into a packet by a call that changes it, into a reservation when it is submitted',
  ],
  [/prohibited for !root/, 'without CAP_PERFMON, the verifier allows no such use of a pointer or of the stack'],
  [/invalid zero-sized read|invalid access to .*\bsize=0\b/, ZERO],
  [
    /unbounded memory access|unbounded min value|min value is negative|math between \w+ pointer and -?\d|pointer be out of bounds|variable-offset|variable stack (access|read)/,
    'the offset or length may be negative or too large here: compare it as an unsigned value with the size just before ' +
      'this access, or mask it with a power of two minus one',
  ],
  [
    /invalid access to packet|outside of the packet/,
    'the packet may be shorter: compare the end of what is read with data_end first, by the pointer that reads it, and ' +
      'repeat this after anything that changes the packet',
  ],
  [/stack (size|depth).*[Tt]oo large|combined stack/, LARGE],
  [/invalid (indirect )?(read from|access to) stack/, UNWRITTEN],
  [/invalid access to (map value|memory|map key|mem)|outside of the (allowed )?(memory|array) range/, BEYOND],
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
    'this register has no value here: the context is the only argument of a program (BPF_PROG() and BPF_KPROBE() declare ' +
      'those of the function), a variable was not set, or a call has cleared r1 to r5',
  ],
  [
    /GPL-restricted|GPL-compatible|from non-GPL|GPL only/,
    'this needs a license that is compatible with the GPL: char LICENSE[] SEC("license") = "GPL"',
  ],
  [
    /[Uu]nreleased reference|reference leak/,
    'a reference is kept on this path: end a reservation by bpf_ringbuf_submit() or bpf_ringbuf_discard(), and release ' +
      'sockets and tasks, before each return',
  ],
  [
    /pointer type STRUCT \w+ must point to .*scalar|expected=(?!percpu_)\w*ptr_\b|must be a rcu pointer|must be referenced or trusted/,
    'this needs a pointer whose type the kernel knows: an argument of an fentry, tp_btf or LSM program, or that of ' +
      'bpf_get_current_task_btf(); a member of it often only after bpf_rcu_read_lock()',
  ],
  [
    /Caller passes invalid args|doesn't return scalar|must point to .*scalar|[Aa]rg#\d+ type .* not supported|size cannot be determined|global function calls are not allowed/,
    'a function that is not static is verified on its own: make it static, or give it arguments and a result of types ' +
      'that the kernel allows',
  ],
  [
    /while holding a lock|spin_lock-ed region|bpf_spin_unlock is missing/,
    'between bpf_spin_lock() and bpf_spin_unlock(), a program may neither call nor return: do both before or after',
  ],
  [
    /expected=map_ptr/,
    'this argument has to be the address of a map itself, &map, and the map has to be defined in SEC(".maps")',
  ],
  [
    /expected=map_value/,
    'this argument has to be in the value of a map, as bpf_map_lookup_elem() returned it: so are locks and timers',
  ],
  [
    /expected=ringbuf_mem/,
    'this argument has to be a reservation as bpf_ringbuf_reserve() returned it, which is submitted or discarded once',
  ],
  [
    /type=\S+ expected=|R[1-5] is not a scalar/,
    'this argument of the call has to be another kind of value: a key and a value are pointers to memory of the program, ' +
      'the context is the first argument as the program got it, and pointers into a packet end with a call that changes it',
  ],
  [
    /doesn't have \d+-th argument/,
    'the function or tracepoint has fewer arguments in this kernel: see its declaration in vmlinux.h',
  ],
  [
    /invalid bpf_context access|dereference of modified ctx|ctx access var_off/,
    'the context of this program type has no such field, or not in this size, or it may not be written: use its members by ' +
      'name, with a constant offset',
  ],
  [
    /cannot access ptr member|access beyond (struct|the end of member)/,
    "the kernel's type has no such member there: use the type of vmlinux.h, which is relocated to this kernel",
  ],
  [
    /leaks addr|pointer comparison prohibited/,
    'a pointer of the kernel would leave the program: store a number instead; to compare pointers, as for packets, the ' +
      'process needs CAP_PERFMON',
  ],
  [
    /pointer arithmetic|pointer operation|math between|arithmetic prohibited|operator \S+ on pointer prohibited/,
    'a pointer allows no such arithmetic: add to it or subtract from it only, except for data_end, and convert it to a ' +
      'number before the rest',
  ],
  [
    /At (async )?callback return the register R0/,
    'a callback returns 0 to go on or 1 to stop; that of a timer or a workqueue returns 0',
  ],
  [
    /At program exit the register R0|R0 has (value|smin|unknown)/,
    'the kernel allows only some return values of this program type: return one of those that are named',
  ],
  [
    /misaligned/,
    'the access is not aligned to its size: align the variable by __attribute__((aligned(8))), or copy packed data by ' +
      '__builtin_memcpy()',
  ],
  [
    /last insn is not an exit or jmp|jump out of range|unreachable insn/,
    'a function has a path without return, or code that nothing reaches: return a value on every path, compile with -O2, ' +
      'and call no function of libc or of the kernel',
  ],
  [
    /unknown opcode|uses reserved fields/,
    'the kernel does not know this instruction: compile with -O2, and for an older kernel with -mcpu=v2',
  ],
  [
    /is not a known constant/,
    'this argument has to be a constant: reserve as much as a record can need, or send it by bpf_ringbuf_output()',
  ],
  [
    /might sleep in a non-sleepable|must be sleepable to call/,
    'only a sleepable program may call this: one of a section such as fentry.s, lsm.s, iter.s, uprobe.s or syscall',
  ],
  [/bpf_rcu_read_lock-ed region|rcu_read_unlock is missing/, 'call bpf_rcu_read_unlock() before each return'],
  [
    /calling kernel function \S+ is not allowed/,
    'this kernel function is for other types of programs only: its module registers it for each type',
  ],
  [
    /helper call is not allowed in probe/,
    'this helper is allowed at some hooks of this program type only: bpf_d_path(), for example, at LSM hooks that may sleep',
  ],
];

/** The size of a program's stack: MAX_BPF_STACK. */
const STACK_SIZE = 512;
/** An access to the stack: its offset from the top, and its size. The second form is that of kernels before 5.12. */
const STACK = /\bstack (?:(?:type )?R\d+ )?off=(-?\d+) (?:access_)?size=(-?\d+)/;

/** libbpf's own line about an instruction that it replaced. */
const POISONED = /failed to resolve CO-RE relocation <\w+> \[\d+\] (.+?)(?: \([^()]*\))?$/;
/** The helper that libbpf calls instead of such an instruction, which does not exist. */
const POISON = 0xbad2310;

/** A helper that the verifier refuses, with its number. Old kernels do not print the name. */
const HELPER = /(?:unknown func|invalid func|cannot use helper) (?:(\w+)?#)?(\d+)/;

const missingHint = (missing: string) =>
  `the kernel has no ${missing}: test for it first, by bpf_core_field_exists() or bpf_core_type_exists()`;

function poisonedHint(reason: string): string | undefined {
  const missing = POISONED.exec(reason)?.[1];
  return missing === undefined ? undefined : missingHint(missing);
}

function helperHint(reason: string): string | undefined {
  const [, said, number] = HELPER.exec(reason) ?? [];
  if (number === undefined) return undefined;
  const id = Number(number);
  if (id === POISON) return missingHint('type or member that is used here');
  const name = said === undefined || said === 'unknown' ? (helperName(id) ?? `helper ${id}`) : said;
  const since = helperSince(id);
  const release = since === undefined ? 'a later release than this library knows' : `Linux ${since}`;
  return `${name} came with ${release}, and may be called by some types of programs only: see bpf-helpers(7)`;
}

/** One message stands for several mistakes: only the numbers in it tell them apart. */
function stackHint(reason: string): string | undefined {
  const [, offset, size] = STACK.exec(reason) ?? [];
  if (offset === undefined) return undefined;
  if (Number(size) === 0) return ZERO;
  if (Number(offset) < -STACK_SIZE) return LARGE;
  return Number(offset) + Number(size) > 0 ? BEYOND : UNWRITTEN;
}

function firstOf(reasons: readonly string[], hintOf: (reason: string) => string | undefined): string | undefined {
  for (const reason of reasons) {
    const hint = hintOf(reason);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** The remedy for what the verifier says; undefined for a refusal that is not known. */
export function hintFor(reasons: readonly string[]): string | undefined {
  return (
    firstOf(reasons, poisonedHint) ??
    firstOf(reasons, helperHint) ??
    firstOf(reasons, stackHint) ??
    HINTS.find(([message]) => reasons.some((reason) => message.test(reason)))?.[1]
  );
}
