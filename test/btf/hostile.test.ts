import assert from 'node:assert/strict';
import { Btf, BtfError, declareStruct, globalsOf, layoutOf, readValue, sizeOfShape } from '../../src/btf/index.js';
import { NotFoundError } from '../../src/errors.js';
import { randomBelow } from '../helpers/random.js';
import { type Encoded, encodeBtf, int } from './encode.js';
import { btfError, fixture } from './fixtures.js';

/** Asks a BTF for everything that it has. */
function useAll(btf: Btf): void {
  for (let id = 0; id < btf.count; id++) {
    attempt(() => btf.type(id));
    attempt(() => btf.sizeOf(id));
    attempt(() => {
      const layout = layoutOf(btf, id);
      if (layout.size <= 4096) readValue({ kind: layout.kind, layout }, new DataView(new ArrayBuffer(layout.size)), 0);
      if (layout.name !== '') declareStruct(btf, layout.name);
    });
  }
  attempt(() => btf.find('event'));
}

function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    // A mutated name may not be found again.
    const isOurs = error instanceof BtfError || error instanceof NotFoundError;
    if (!isOurs || error.message.includes('\n')) throw error;
  }
}

describe('btf: hostile input', () => {
  const header = (at: number, value: number) => {
    const bytes = encodeBtf([int('int', 4)]);
    bytes.writeUInt32LE(value, at);
    return bytes;
  };
  const ending = (value: number, fromEnd: number) => {
    const bytes = encodeBtf([int('int', 4)]);
    bytes[bytes.length - fromEnd] = value;
    return bytes;
  };
  const unparsable: [string, Uint8Array, RegExp][] = [
    ['half a header', encodeBtf([]).subarray(0, 10), /cut off after 10 bytes/],
    ['another version', encodeBtf([]).fill(2, 2, 3), /version 2/],
    ['a header longer than the bytes', header(4, 0xffffffff), /invalid header size of 4294967295 bytes/],
    ['a header that is too short', header(4, 8), /invalid header size of 8 bytes/],
    ['types outside the bytes', header(12, 0xfffffff0), /the types at bytes \d+ to \d+ exceed the \d+ bytes/],
    ['strings outside the bytes', header(16, 0xfffffff0), /the strings at bytes \d+ to \d+ exceed the \d+ bytes/],
    ['no strings', header(20, 0), /the string section is empty/],
    ['a string without its end', ending(0x61, 1), /not terminated/],
    ['strings that start with a name', ending(0x61, 5), /first string is not empty/],
    ['half a type', header(12, 7), /type at offset 0 is cut off/],
    ['more members than bytes', encodeBtf([{ kind: 'struct', vlen: 0xffffff }]), /type at offset 0 is cut off/],
    ['type 0', encodeBtf([{ kind: 'void' }]), /unknown kind 0/],
  ];
  for (const [what, bytes, pattern] of unparsable) {
    it(`refuses ${what}`, () => {
      assert.throws(() => Btf.parse(bytes), btfError(pattern));
    });
  }

  const typedef = (to: number): Encoded => ({ kind: 'typedef', name: 't', size: to });
  const struct = (size: number, ...data: (string | number)[]): Encoded => ({
    kind: 'struct',
    name: 's',
    size,
    vlen: data.length / 3,
    data,
  });
  const unusable: [string, readonly Encoded[], RegExp][] = [
    ['a typedef of itself', [typedef(1)], /over 32 typedefs/],
    ['a circle of typedefs', [typedef(2), { kind: 'const', size: 3 }, typedef(1)], /over 32 typedefs/],
    ['an array of itself', [{ kind: 'array', data: [1, 1, 2] }], /a cycle/],
    ['a struct that contains itself', [struct(4, 'a', 1, 0)], /struct 's' contains itself/],
    ['a struct in an array in itself', [struct(4, '', 2, 0), { kind: 'array', data: [1, 1, 2] }], /contains itself/],
    ['an id out of range', [struct(4, 'a', 99, 0)], /no BTF type 99/],
    ['a name out of range', [{ kind: 'struct', name: 0xffffffff }], /no string at offset 4294967295/],
    ['a member of type void', [struct(4, 'a', 0, 0)], /has no size: it is void/],
    [
      'a member outside its struct',
      [struct(4, 'a', 2, 32), int('int', 4)],
      /member 'a' of 's' ends at 8, beyond its 4/,
    ],
    ['a member between bytes', [struct(4, 'a', 2, 1), int('int', 2)], /does not start at a byte/],
    ['an integer of 3 bytes', [struct(4, 'a', 2, 0), int('odd', 3)], /integer 'odd' has an invalid size of 3 bytes/],
    [
      'too wide a bit-field',
      [{ ...struct(4, 'a', 2, 20 << 24), flag: true }, int('u8', 1)],
      /can't be a bit-field of 20/,
    ],
    ['too large an array', [{ kind: 'array', data: [2, 2, 0xffffffff] }, int('u64', 8)], /exceeds 32 bits/],
    ['a name with a line break', [{ kind: 'fwd', name: 'a\nb' }], /\(fwd 'a\\nb'\)|'a\\nb' has no size/],
  ];
  for (const [what, types, pattern] of unusable) {
    it(`refuses ${what}`, () => {
      const btf = Btf.parse(encodeBtf(types));
      assert.throws(() => {
        btf.sizeOf(1);
        layoutOf(btf, 1);
      }, btfError(pattern));
      useAll(btf);
    });
  }

  it('refuses memory that is gone, and what is no BTF at all', () => {
    const gone = new Uint8Array(64);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    assert.throws(() => Btf.parse(gone), btfError(/neither BTF nor an ELF file/));
    for (const wrong of [null, 'x', new Proxy(new Uint8Array(64), {}), new DataView(new ArrayBuffer(64))])
      assert.throws(() => Btf.parse(wrong as never), { code: 'ERR_SNOOPKIT_USAGE' });
    const btf = Btf.parse(encodeBtf([int('int', 4)]));
    for (const wrong of [Symbol('x'), {}, null]) assert.throws(() => btf.type(wrong as never), btfError(/no BTF type/));
  });

  it('refuses structs that double with each level, soon', () => {
    for (const name of ['', 'named']) {
      const types = Array.from({ length: 60 }, (_, i) => struct(0, name, i + 2, 0, name && `${name}2`, i + 2, 0));
      const btf = Btf.parse(encodeBtf([...types, struct(0)]));
      assert.throws(() => layoutOf(btf, 1), btfError(/over 1000000 members/));
    }
  });

  it('takes arrays of nothing for nothing, however many', () => {
    const types: Encoded[] = [struct(0, 'many', 2, 0), { kind: 'array', data: [3, 3, 0xffffffff] }, struct(0)];
    const layout = layoutOf(Btf.parse(encodeBtf(types)), 1);
    const shape = { kind: layout.kind, layout };
    assert.equal(sizeOfShape(shape), 0);
    assert.deepEqual(readValue(shape, new DataView(new ArrayBuffer(0)), 0), { many: [] });
  });

  for (const name of ['kinds', 'layout', 'globals'] as const) {
    it(`gives nothing but errors of ours for mutated bytes of ${name}.bpf.o`, () => {
      const random = randomBelow(0x5eed);
      const original = fixture(name);
      const start = original.indexOf(Buffer.from([0x9f, 0xeb, 1, 0]));
      for (let round = 0; round < 150; round++) {
        const bytes = Buffer.from(original);
        for (let i = random(8); i >= 0; i--) {
          // Most of it in the BTF; the rest in the headers at either end of the ELF file.
          const [from, length] = [
            [start, 2000],
            [start, 2000],
            [0, 64],
            [bytes.length - 4000, 4000],
          ][random(4)] as number[];
          bytes[(from as number) + random(length as number)] = random(256);
        }
        attempt(() => useAll(Btf.parse(bytes)));
        attempt(() => useAll(Btf.parse(bytes.subarray(start))));
        attempt(() => globalsOf(bytes));
      }
    });
  }
});
