import assert from 'node:assert/strict';
import { VerifierError } from '../../../src/bpf/errors.js';
import { readVerifierLog } from '../../../src/bpf/verifier/log.js';
import { storyOf } from '../../../src/bpf/verifier/story.js';

/** The verifier comes back to the branch of instruction 2, where r6 is still a number. */
const BRANCHES = `0: R1=ctx() R10=fp0
; int number = choose(); @ a.bpf.c:3
0: (85) call bpf_get_prandom_u32#7    ; R0_w=scalar()
1: (bf) r6 = r0                       ; R0_w=scalar(id=1) R6_w=scalar(id=1)
; if (number) @ a.bpf.c:4
2: (15) if r0 == 0x0 goto pc+2        ; R0_w=scalar(id=1,umin=1)
; number = 0; @ a.bpf.c:5
3: (b7) r6 = 0                        ; R6_w=0
4: (05) goto pc+1
; return 0; @ a.bpf.c:8
6: (95) exit

from 2 to 5: R0=0 R6=0 R10=fp0
; return *number; @ a.bpf.c:6
5: (61) r0 = *(u32 *)(r6 +0)
R6 invalid mem access 'scalar'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`;

/** As Linux 5.10 writes it: states on lines of their own, and no places. */
const OLD = `; int handle(void *ctx)
0: (bf) r6 = r1
; value = bpf_map_lookup_elem(&map, &key);
1: (85) call bpf_map_lookup_elem#1
2: (7b) *(u64 *)(r10 -16) = r0
; other(ctx);
3: (85) call bpf_ktime_get_ns#5
 R0_w=inv(id=0) R6=ctx(id=0,off=0,imm=0) R10=fp0 fp-16=map_value_or_null
; return *value;
4: (79) r3 = *(u64 *)(r10 -16)
5: (79) r0 = *(u64 *)(r3 +0)
R3 invalid mem access 'map_value_or_null'
processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

const indexes = (log: string) => storyOf(readVerifierLog(log)).map(({ index }) => index);

describe('bpf: the log of the verifier', () => {
  it('has the path that led to the refusal, and not those before', () => {
    const { path, reasons } = readVerifierLog(BRANCHES);
    assert.deepEqual(
      path.map(({ index }) => index),
      [0, 1, 2, 5],
    );
    assert.deepEqual(reasons, ["R6 invalid mem access 'scalar'"]);
    assert.deepEqual(path.at(-1)?.source, { file: 'a.bpf.c', line: 6, text: 'return *number;' });
  });

  it('has a reason on the line of another', () => {
    for (const [log, reason, index] of [
      ['8: (5d) if r2 != r1 goto pc-5 infinite loop detected at insn 4\n', 'infinite loop detected at insn 4', 8],
      [
        '2: (85) call bpf_tail_call#12\nexpected prog array map for tail callprocessed 3 insns (limit 1000000)\n',
        'expected prog array map for tail call',
        2,
      ],
    ] as const) {
      const { path, reasons } = readVerifierLog(log);
      assert.deepEqual([reasons, path.map((each) => each.index)], [[reason], [index]]);
    }
  });

  it('has the story of a value, through registers', () => assert.deepEqual(indexes(BRANCHES), [0, 1, 5]));

  it('has the story of a value, through the stack', () => assert.deepEqual(indexes(OLD), [1, 2, 4, 5]));

  it('has the lines of the source without places before Linux 6.8', () => {
    const error = new VerifierError('handle', 13, OLD);
    assert.deepEqual(error.source, { text: 'return *value;' });
    assert.equal(
      error.message,
      "the verifier rejected program handle: permission denied (EACCES); R3 invalid mem access 'map_value_or_null'",
    );
    assert.match(String(error.hint), /may be NULL/);
  });

  it('has the reason without what precedes it in the log of a function that is not static', () => {
    for (const reason of [
      "arg#0 reference type('UNKNOWN ') size cannot be determined: -22",
      'Arg#0 type PTR in other() is not supported yet.',
    ]) {
      const log = `btf_vmlinux is malformed\nValidating other() func#1...\n${reason}\n`;
      assert.ok(new VerifierError('x', 22, log).message.endsWith(`; ${reason}`));
    }
  });

  it('has no story and no hint where there is nothing to tell', () => {
    for (const log of ['', 'processed 0 insns\n', 'something else\n', '0: (95) exit\nsomething else\n']) {
      const { source, story, hint } = new VerifierError('handle', 22, log);
      assert.deepEqual([source, story, hint], [undefined, [], undefined]);
    }
  });
});
