/** Messages of the verifier in public questions, and others of the same kinds on other kernels. */
import assert from 'node:assert/strict';
import { hintFor } from '../../../src/bpf/verifier/hints.js';

/** A part of the hint, and messages that have it: the lines after the last instruction, separated by `; `. */
const SAID: readonly (readonly [hint: RegExp, said: readonly string[]])[] = [
  [
    /may be NULL: keep it in a variable/,
    [
      "R0 invalid mem access 'map_value_or_null'",
      "R1 invalid mem access 'mem_or_null'",
      "R2 invalid mem access 'trusted_ptr_or_null_'",
      "R1 invalid mem access 'rcu_ptr_or_null_'",
      'R3 type=map_value_or_null expected=fp',
      'R1 type=rcu_ptr_or_null_ expected=ptr_, trusted_ptr_, rcu_ptr_',
      'R4 pointer arithmetic on map_value_or_null prohibited, null-check it first',
      'Possibly NULL pointer passed to trusted arg0',
    ],
  ],
  [/BPF_CORE_READ/, ["R1 invalid mem access 'inv'", "R3 invalid mem access 'scalar'", "R1 invalid mem access 'imm'"]],
  [
    /may be 0/,
    [
      'R4 invalid zero-sized read: u64=[0,31]',
      'invalid zero-sized read',
      'invalid access to map value, value_size=1024 off=0 size=0; R3 min value is outside of the allowed memory range',
      'invalid access to memory, mem_size=1520 off=4 size=0; R3 min value is outside of the allowed memory range',
      'invalid stack type R3 off=-136 access_size=0',
    ],
  ],
  [
    /negative or too large/,
    [
      'R0 unbounded memory access, make sure to bounds check any such access',
      "R2 min value is negative, either use unsigned or 'var &= const'",
      'R1 min value is negative, either use unsigned index or do a if (index >=0) check.',
      'R6 min value is negative (-9223372036854775808), either use unsigned index or do a if (index >=0) check.',
      'math between map_value pointer and register with unbounded min value is not allowed',
      'math between fp pointer and register with unbounded min value is not allowed',
      'math between pkt pointer and 4294967695 is not allowed',
      'value -2147483648 makes pkt pointer be out of bounds',
      'invalid unbounded variable-offset read from stack R2',
      'invalid variable-offset indirect access to stack R2 var_off=(0x0; 0xff) size=8',
      'variable stack access var_off=(0xfffffffffffffff0; 0x4) off=-16 size=1',
    ],
  ],
  [
    /data_end first/,
    [
      'invalid access to packet, off=12 size=1, R2(id=0,off=12,r=12); R2 offset is outside of the packet',
      'invalid access to packet, off=34 size=511, R3(id=0,off=34,r=42); R3 offset is outside of the packet',
      'invalid access to packet, off=16 size=2, R3(id=0,off=16,r=16)',
    ],
  ],
  [
    /512 bytes/,
    [
      'invalid write to stack R10 off=-520 size=8',
      'invalid read from stack R10 off=-520 size=8',
      'invalid stack off=-912 size=8',
      'invalid stack type R3 off=-513 access_size=8',
      'combined stack size of 2 calls is 544. Too large',
    ],
  ],
  [
    /never written/,
    [
      'invalid read from stack off -16+6 size 8',
      'invalid read from stack R10 off -24+4 size 8',
      'invalid read from stack R10 off=-32 size=8',
      'invalid indirect read from stack off -64+0 size 64',
      'invalid indirect read from stack R2 off -24+13 size 16',
    ],
  ],
  [
    /beyond the memory/,
    [
      'invalid access to map value, value_size=1320 off=1280 size=1024; R3 max value is outside of the allowed memory range',
      'invalid access to map value, value_size=4096 off=4096 size=1; R2 min value is outside of the array range',
      'invalid access to memory, mem_size=1 off=1 size=1; R3 min value is outside of the allowed memory range',
      'invalid read from stack R6 off=0 size=4',
      'invalid stack type R4 off=-24 access_size=1039',
      'invalid indirect access to stack R2 off=-8 size=16',
    ],
  ],
  [/in the value of a map/, ['R1 type=fp expected=map_value']],
  [/is submitted or discarded once/, ['R1 type=scalar expected=ringbuf_mem']],
  [/where its memory ends/, ["R6 invalid mem access 'scalar'"]],
  [/has to be a constant/, ["R2 is not a known constant'"]],
  [
    /a sleepable program/,
    [
      'helper call might sleep in a non-sleepable prog',
      'program must be sleepable to call sleepable kfunc bpf_copy_from_user_str',
    ],
  ],
  [/bpf_rcu_read_unlock/, ['BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region']],
  [/fewer arguments/, ["func 'sched_switch' doesn't have 5-th argument; invalid bpf_context access off=32 size=8"]],
  [/no end/, ['back-edge from insn 233 to 8', 'infinite loop detected at insn 262']],
  [
    /a million instructions/,
    [
      'BPF program is too large. Processed 1000001 insn',
      'BPF program is too large. Proccessed 131073 insn',
      'The sequence of 8193 jumps is too complex.',
      'The sequence of 1025 jumps is too complex.',
    ],
  ],
  [/only argument/, ['R7 !read_ok', 'R2 !read_ok', 'R0 !read_ok']],
  [/^a callback returns 0/, ['At callback return the register R0 has smin=5 smax=5 should have been in [0, 1]']],
  [/type the kernel knows/, ['arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar']],
  [/another kind of value/, ['R1 type=scalar expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_']],
  [
    /^bpf_probe_read_user_str came with Linux 5\.5/,
    ['unknown func bpf_probe_read_user_str#114', 'invalid func unknown#114', 'invalid func 114'],
  ],
  [/^bpf_probe_read_user_str came with Linux 5\.5/, ['invalid func unknown#114', 'invalid func 114']],
  [/^bpf_trace_vprintk came with Linux 5\.16/, ['invalid func unknown#177']],
  [/^bpf_skb_load_bytes came with Linux 4\.5/, ['unknown func bpf_skb_load_bytes#26']],
  [/^bpf_probe_read_str came with /, ['program of this type cannot use helper bpf_probe_read_str#45']],
  [/at some hooks/, ['helper call is not allowed in probe']],
  [
    /no struct inode\.i_atime\.tv_sec:/,
    ['failed to resolve CO-RE relocation <byte_off> [423] struct inode.i_atime.tv_sec (0:15:0 @ offset 88)'],
  ],
  [/no type or member/, ['invalid func unknown#195896080']],
  [
    /SEC\("license"\)/,
    [
      'cannot call GPL-restricted function from non-GPL compatible program',
      'cannot call GPL only function from proprietary program',
    ],
  ],
  [/bpf_ringbuf_discard/, ['Unreleased reference id=3 alloc_insn=10']],
  [
    /verified on its own/,
    [
      "Global function write() doesn't return scalar. Only those are supported.",
      'Arg#0 type PTR in prog0() is not supported yet.',
      'R1 type=ctx expected=fp; Caller passes invalid args into func#1',
      "arg#0 reference type('UNKNOWN ') size cannot be determined: -22",
      'arg#0 pointer type UNKNOWN  must point to scalar, or struct with scalar',
      'global function calls are not allowed while holding a lock,; use static function instead',
    ],
  ],
  [/bpf_spin_unlock/, ['function calls are not allowed while holding a lock']],
  [/&map/, ['R1 type=inv expected=map_ptr', 'R1 type=scalar expected=map_ptr', 'R1 type=map_value expected=map_ptr']],
  [
    /bpf_get_current_task_btf/,
    [
      'R1 type=fp expected=ptr_, trusted_ptr_, rcu_ptr_',
      'R2 type=scalar expected=ptr_, trusted_ptr_, rcu_ptr_',
      'R1 must be a rcu pointer',
      'R1 must be referenced or trusted',
    ],
  ],
  [
    /another kind of value/,
    [
      'R3 type=inv expected=fp',
      'R1 type=inv expected=ctx',
      'R2 type=inv expected=fp, pkt, pkt_meta, map_key, map_value',
      'R1 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_',
      'R1 is not a scalar',
    ],
  ],
  [
    /no such field/,
    [
      'invalid bpf_context access off=44 size=1',
      "func 'vfs_unlink' arg3 type PTR is not a struct; invalid bpf_context access off=24 size=8",
      'dereference of modified ctx ptr R6 off=20 disallowed',
      'variable ctx access var_off=(0x0; 0x8) disallowed',
    ],
  ],
  [
    /relocated to this kernel/,
    [
      'cannot access ptr member prev with moff 8 in struct list_head with off 8 size 4',
      'access beyond struct task_struct at off 12000 size 8',
    ],
  ],
  [/CAP_PERFMON/, ['R3 pointer comparison prohibited', 'R0 leaks addr as return value', 'R2 leaks addr into map']],
  [
    /no such arithmetic/,
    [
      'R2 pointer arithmetic on PTR_TO_PACKET_END prohibited',
      'R2 pointer arithmetic on pkt_end prohibited',
      'R1 bitwise operator &= on pointer prohibited',
      'R4 bitwise operator |= on pointer prohibited',
      'R1 pointer arithmetic with *= operator prohibited',
    ],
  ],
  [
    /return values/,
    [
      'At program exit the register R0 has value (0x7b; 0x0) should have been 0 or 1',
      'At program exit the register R0 has value (0x2; 0x0) should have been in (0x0; 0x1)',
      'At program exit the register R0 has smin=-1 smax=-1 should have been in [0, 0]',
    ],
  ],
  [
    /aligned\(8\)/,
    [
      'misaligned stack access off 0+0+-60 size 8',
      'misaligned packet access off 2+(0x0; 0x0)+0+12 size 4',
      'misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 8',
    ],
  ],
  [
    /a path without return/,
    ['last insn is not an exit or jmp', 'jump out of range from insn 38 to 148', 'unreachable insn 2'],
  ],
  [/-mcpu=v2/, ['unknown opcode 8d', 'BPF_STX uses reserved fields']],
  [/other types of programs/, ['calling kernel function bpf_strstr is not allowed']],
];

describe('bpf: hints for refusals', () => {
  for (const [hint, said] of SAID)
    for (const lines of said) it(`has one for: ${lines}`, () => assert.match(String(hintFor(lines.split('; '))), hint));

  it('has none for a refusal that is not known', () => assert.equal(hintFor(['something else']), undefined));
});
