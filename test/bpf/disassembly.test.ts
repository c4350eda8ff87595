import assert from 'node:assert/strict';
import { type CallNames, disassemble } from '../../src/bpf/disassembly.js';

/** One half of an instruction (struct bpf_insn). */
function half(opcode: number, dst = 0, src = 0, offset = 0, immediate = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(dst | (src << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate | 0, 4);
  return bytes;
}

type Encoded = readonly [text: string, opcode: number, dst?: number, src?: number, offset?: number, immediate?: number];

/** Expected texts of those that Linux 6.18 knows are what its verifier logs. */
const CLASSES: Readonly<Record<string, readonly Encoded[]>> = {
  'arithmetic of 64 bits': [
    ['r1 += -5', 0x07, 1, 0, 0, -5],
    ['r1 += r2', 0x0f, 1, 2],
    ['r1 -= 1', 0x17, 1, 0, 0, 1],
    ['r1 *= r2', 0x2f, 1, 2],
    ['r1 /= 3', 0x37, 1, 0, 0, 3],
    ['r1 s/= -3', 0x37, 1, 0, 1, -3],
    ['r1 s/= r2', 0x3f, 1, 2, 1],
    ['r1 |= r2', 0x4f, 1, 2],
    ['r1 &= 255', 0x57, 1, 0, 0, 255],
    ['r1 <<= 32', 0x67, 1, 0, 0, 32],
    ['r1 >>= r2', 0x7f, 1, 2],
    ['r1 = -r1', 0x87, 1],
    ['r1 %= r2', 0x9f, 1, 2],
    ['r1 s%= 3', 0x97, 1, 0, 1, 3],
    ['r1 ^= r2', 0xaf, 1, 2],
    ['r1 = -1', 0xb7, 1, 0, 0, -1],
    ['r1 = r10', 0xbf, 1, 10],
    ['r1 s>>= 63', 0xc7, 1, 0, 0, 63],
  ],
  'arithmetic of 32 bits': [
    ['w1 += w2', 0x0c, 1, 2],
    ['w1 s%= w2', 0x9c, 1, 2, 1],
    ['w1 = -w1', 0x84, 1],
    ['w1 = 8', 0xb4, 1, 0, 0, 8],
    ['w1 s>>= w2', 0xcc, 1, 2],
  ],
  'moves that extend the sign': [
    ['r1 = (s8)r2', 0xbf, 1, 2, 8],
    ['r1 = (s32)r2', 0xbf, 1, 2, 32],
    ['w1 = (s16)w2', 0xbc, 1, 2, 16],
  ],
  'changes of the address space': [
    ['r1 = addr_space_cast(r2, 1, 0)', 0xbf, 1, 2, 1, 0x10000],
    ['r1 = addr_space_cast(r2, 0, 1)', 0xbf, 1, 2, 1, 1],
    ['r1 = &(void __percpu *)(r2)', 0xbf, 1, 2, -1],
  ],
  'changes of the byte order': [
    ['r1 = be16 r1', 0xdc, 1, 0, 0, 16],
    ['r1 = le64 r1', 0xd4, 1, 0, 0, 64],
    ['r1 = bswap32 r1', 0xd7, 1, 0, 0, 32],
  ],
  loads: [
    ['r1 = *(u32 *)(r10 -16)', 0x61, 1, 10, -16],
    ['r1 = *(u16 *)(r2 +0)', 0x69, 1, 2],
    ['r1 = *(u8 *)(r2 +32767)', 0x71, 1, 2, 32767],
    ['r1 = *(u64 *)(r2 -32768)', 0x79, 1, 2, -32768],
    ['r1 = *(s32 *)(r3 -8)', 0x81, 1, 3, -8],
    ['r1 = *(s16 *)(r3 -8)', 0x89, 1, 3, -8],
    ['r1 = *(s8 *)(r3 -8)', 0x91, 1, 3, -8],
  ],
  'loads of packets': [
    ['r0 = *(u32 *)skb[12]', 0x20, 0, 0, 0, 12],
    ['r0 = *(u16 *)skb[12]', 0x28, 0, 0, 0, 12],
    ['r0 = *(u8 *)skb[r1 + 14]', 0x50, 0, 1, 0, 14],
  ],
  stores: [
    ['*(u8 *)(r3 -8) = -1', 0x72, 3, 0, -8, -1],
    ['*(u64 *)(r3 +0) = 7', 0x7a, 3, 0, 0, 7],
    ['*(u32 *)(r3 -8) = r1', 0x63, 3, 1, -8],
    ['*(u16 *)(r3 -8) = r1', 0x6b, 3, 1, -8],
    ['*(u64 *)(r10 -8) = r1', 0x7b, 10, 1, -8],
  ],
  'atomic operations': [
    ['lock *(u64 *)(r3 -8) += r1', 0xdb, 3, 1, -8],
    ['lock *(u32 *)(r3 -8) |= r1', 0xc3, 3, 1, -8, 0x40],
    ['lock *(u64 *)(r3 -8) &= r1', 0xdb, 3, 1, -8, 0x50],
    ['lock *(u64 *)(r3 -8) ^= r1', 0xdb, 3, 1, -8, 0xa0],
    ['r1 = atomic64_fetch_add((u64 *)(r3 -8), r1)', 0xdb, 3, 1, -8, 0x01],
    ['r1 = atomic64_fetch_or((u64 *)(r3 -8), r1)', 0xdb, 3, 1, -8, 0x41],
    ['r1 = atomic64_fetch_and((u64 *)(r3 -8), r1)', 0xdb, 3, 1, -8, 0x51],
    ['r1 = atomic_fetch_xor((u32 *)(r3 -8), r1)', 0xc3, 3, 1, -8, 0xa1],
    ['r1 = atomic64_xchg((u64 *)(r3 -8), r1)', 0xdb, 3, 1, -8, 0xe1],
    ['r1 = atomic_xchg((u32 *)(r3 -8), r1)', 0xc3, 3, 1, -8, 0xe1],
    ['r0 = atomic64_cmpxchg((u64 *)(r3 -8), r0, r1)', 0xdb, 3, 1, -8, 0xf1],
    ['r0 = atomic_cmpxchg((u32 *)(r3 -8), r0, r1)', 0xc3, 3, 1, -8, 0xf1],
    ['r1 = load_acquire((u64 *)(r3 -8))', 0xdb, 1, 3, -8, 0x100],
    ['r1 = load_acquire((u16 *)(r3 -8))', 0xcb, 1, 3, -8, 0x100],
    ['store_release((u64 *)(r3 -8), r1)', 0xdb, 3, 1, -8, 0x110],
    ['store_release((u8 *)(r3 -8), r1)', 0xd3, 3, 1, -8, 0x110],
  ],
  jumps: [
    ['goto pc+3', 0x05, 0, 0, 3],
    ['goto pc-1', 0x05, 0, 0, -1],
    ['gotol pc+100000', 0x06, 0, 0, 0, 100_000],
    ['gotox r1', 0x0d, 1],
    ['may_goto pc+1', 0xe5, 0, 0, 1],
    ['if r1 == 0x0 goto pc+3', 0x15, 1, 0, 3],
    ['if r1 > r2 goto pc+3', 0x2d, 1, 2, 3],
    ['if r1 >= 0x2 goto pc+3', 0x35, 1, 0, 3, 2],
    ['if r1 & 0xfffffffe goto pc+1', 0x45, 1, 0, 1, -2],
    ['if r1 != r2 goto pc-3', 0x5d, 1, 2, -3],
    ['if w1 s> 0xffffffff goto pc+1', 0x66, 1, 0, 1, -1],
    ['if w1 s>= w2 goto pc+1', 0x7e, 1, 2, 1],
    ['if r1 < 0x5 goto pc+1', 0xa5, 1, 0, 1, 5],
    ['if w1 <= 0x9 goto pc+1', 0xb6, 1, 0, 1, 9],
    ['if r1 s< 0x1 goto pc+1', 0xc5, 1, 0, 1, 1],
    ['if r1 s<= r2 goto pc+1', 0xdd, 1, 2, 1],
    ['if w1 & w2 goto pc+1', 0x4e, 1, 2, 1],
  ],
  calls: [
    ['exit', 0x95],
    ['call bpf_map_lookup_elem#1', 0x85, 0, 0, 0, 1],
    ['call bpf_cgrp_storage_delete#211', 0x85, 0, 0, 0, 211],
    ['call unknown#0', 0x85],
    ['call unknown#-71024', 0x85, 0, 0, 0, -71_024],
    ['call unknown#5', 0x85, 0, 2, 0, 5],
    ['call pc+2', 0x85, 0, 1, 0, 2],
    ['call pc-7', 0x85, 0, 1, 0, -7],
    ['callx r1', 0x8d, 1],
  ],
  'code that only the verifier makes': [
    // The distance is in the offset, the number of the function in the immediate.
    ['call pc+5', 0x85, 0, 1, 5, 1],
    ['tail_call', 0xf5],
    ['nospec', 0xc2],
    ['r1 = *(u64 *)(r2 +8)', 0x39, 1, 2, 8],
    ['r1 = *(s32 *)(r2 +8)', 0x41, 1, 2, 8],
    ['r1 = *(u32 *)(r2 +8)', 0xa1, 1, 2, 8],
    ['r1 = *(s8 *)(r2 +8)', 0xd1, 1, 2, 8],
    ['*(u32 *)(r2 +8) = 1', 0xa2, 2, 0, 8, 1],
    ['*(u64 *)(r2 +8) = r1', 0xbb, 2, 1, 8],
    ['lock *(u64 *)(r2 +8) += r1', 0xfb, 2, 1, 8],
  ],
  'code that nobody knows': [
    ['unknown ff21030005000000', 0xff, 1, 2, 3, 5],
    ['unknown ef00000000000000', 0xef],
    ['unknown 9900000000000000', 0x99],
    ['unknown db00000077000000', 0xdb, 0, 0, 0, 0x77],
    ['unknown cb00000000000000', 0xcb],
    ['unknown e600000000000000', 0xe6],
  ],
};

const texts = (code: Uint8Array, names?: CallNames) => disassemble(code, names).map((one) => one.code);

describe('bpf: disassembly', () => {
  for (const [name, rows] of Object.entries(CLASSES))
    it(`has ${name}`, () => {
      for (const [expected, ...fields] of rows) assert.deepEqual(texts(half(...fields)), [expected]);
    });

  for (const [expected, src, low, high] of [
    ['r1 = 0xffffffff81000000', 0, 0x81000000, 0xffffffff],
    ['r1 = 0x5', 3, 5, 0],
    ['r1 = map[id:12]', 1, 12, 0],
    ['r1 = map[id:12][0]+4448', 2, 12, 4448],
    ['r1 = subprog[+5]', 4, 5, 1],
    ['r1 = map[idx:3]', 5, 3, 0],
    ['r1 = map[idx:3]+16', 6, 3, 16],
  ] as const)
    it(`counts two places for ${expected}`, () => {
      const code = Buffer.concat([half(0x18, 1, src, 0, low), half(0, 0, 0, 0, high), half(0x95)]);
      assert.deepEqual(disassemble(code), [
        { index: 0, code: expected },
        { index: 2, code: 'exit' },
      ]);
    });

  it('takes names for calls', () => {
    const code = Buffer.concat([half(0x85, 0, 0, 0, -64), half(0x85, 0, 2, 0, 9), half(0x85, 0, 1, 4, 1)]);
    assert.deepEqual(
      texts(code, {
        helper: (immediate) => `helper${immediate}`,
        kfunc: (id, offset) => `kfunc${id}of${offset}`,
        function: (index) => `function${index}`,
      }),
      ['call helper-64#-64', 'call kfunc9of0#9', 'call pc+4#function7'],
    );
  });

  it('has a text for each opcode, and for code that is cut', () => {
    for (let opcode = 0; opcode < 256; opcode++)
      for (const immediate of [0, -1, 1])
        assert.match(texts(half(opcode, 15, 15, -1, immediate))[0] ?? '', /^[a-z*(].*[^ ]$/, String(opcode));
    assert.deepEqual(texts(half(0x18, 1, 0, 0, 7)), ['r1 = 0x7']);
    assert.deepEqual(disassemble(new Uint8Array()), []);
  });

  it('reads the memory of an array whose own properties hide it', () => {
    const exit = Object.defineProperty(Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0), 'length', { value: 64 });
    assert.deepEqual(disassemble(exit), [{ index: 0, code: 'exit' }]);
  });

  it('refuses what is no code', () => {
    const usage = (message: string) => ({ code: 'ERR_SNOOPKIT_USAGE', message });
    assert.throws(() => disassemble(new Uint8Array(12)), usage('length of code 12: expected a multiple of 8'));
    assert.throws(() => disassemble('code' as never), usage("code 'code': expected an instance of Uint8Array"));
    const empty = new Uint8Array();
    assert.throws(() => disassemble(empty, { helper: 5 as never }), usage('helper 5: expected a function'));
    assert.throws(() => disassemble(empty, null as never), usage('options null: expected an object'));
  });
});
