import assert from 'node:assert/strict';
import {
  Btf,
  elfSections,
  globalsOf,
  type Input,
  layoutOf,
  readValue,
  type Shape,
  shapeOf,
  sizeOfShape,
  writeValue,
} from '../../src/btf/index.js';
import { encodeBtf, int } from './encode.js';
import { btfError, fixture } from './fixtures.js';

const btf = Btf.parse(fixture('layout'));
const kinds = Btf.parse(fixture('kinds'));

function structShape(name: string, of: Btf = btf): Shape {
  const layout = layoutOf(of, name);
  return { kind: layout.kind, layout };
}

function integer(size: number, signed: boolean): Shape {
  return { kind: 'int', size, signed, bool: false, char: false };
}

function written(shape: Shape, value: Input): Uint8Array {
  const bytes = new Uint8Array(sizeOfShape(shape) + 4).fill(0xaa);
  writeValue(shape, new DataView(bytes.buffer), 2, value);
  assert.deepEqual(
    [...bytes.subarray(0, 2), ...bytes.subarray(-2)],
    [0xaa, 0xaa, 0xaa, 0xaa],
    'bytes around it are kept',
  );
  return bytes.subarray(2, -2);
}

function back(shape: Shape, value: Input): unknown {
  const bytes = written(shape, value);
  return readValue(shape, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

/** The initialised globals of the fixture, as clang laid them out. */
function compiled(name: string): { shape: Shape; view: DataView } {
  const elf = fixture('layout');
  const variable = globalsOf(elf).find((candidate) => candidate.name === name);
  const rodata = elfSections(elf).get('.rodata')?.bytes;
  assert.ok(variable && rodata);
  return {
    shape: variable.shape,
    view: new DataView(rodata.buffer, rodata.byteOffset + variable.offset, variable.size),
  };
}

describe('btf: convert', () => {
  const initialised: [string, object][] = [
    ['packed', { one: 1, eight: 0xfedcba9876543210n, two: 2 }],
    ['mixed', { before: 255, low: 5, mid: 100, between: 254, below: -17, far: 0xabcdef0123n, flag: true }],
    ['straddling', { first: 0x1abcn, second: 0xfedcba987654321n, third: 0x7654321f }],
    ['holder', { nothing: {}, something: 5, many: [] }],
  ];
  for (const [name, value] of initialised) {
    it(`reads and writes struct ${name} as clang does`, () => {
      const { shape, view } = compiled(name);
      assert.deepEqual(readValue(shape, view, 0), value);
      const bytes = written(shape, value as Input);
      assert.deepEqual(Buffer.from(bytes), Buffer.from(view.buffer, view.byteOffset, view.byteLength));
    });
  }

  it('reads all members of a struct with unions, arrays and structs in it', () => {
    const { shape, view } = compiled('event');
    assert.deepEqual(readValue(shape, view, 0), {
      kind: 9,
      when: 0x1122334455667788n,
      pid: 77,
      low: 1,
      high: 2,
      both: 0x20001,
      first: 1,
      second: 0,
      other: 0,
      name: 'a name',
      ends: [
        { port: 80, ip: 0x0a000001 },
        { port: 443, ip: 0x7f000001 },
      ],
      choice: { wide: 0x010203n, narrow: [3, 2, 1] },
      list: [1, 2, 0, 0],
      where: 0n,
      inner: { deep: -5n },
      length: 3,
      tail: '',
    });
    const union = compiled('both');
    assert.deepEqual(readValue(union.shape, union.view, 0), { whole: 0x200000001n, halves: [1, 2], a: 1, b: 0 });
  });

  it('zeroes padding and what is left out', () => {
    const bytes = written(structShape('header'), { kind: 1 });
    assert.deepEqual([...bytes], [1, ...new Array(15).fill(0)]);
    const shorter = written(structShape('event'), { list: [7], name: 'x', ends: undefined, choice: { narrow: [1] } });
    assert.equal(shorter.filter((byte) => byte !== 0).length, 3);
  });

  for (const size of [1, 2, 4, 8, 16]) {
    for (const signed of [true, false]) {
      it(`takes the whole range of ${signed ? 'a signed' : 'an unsigned'} integer of ${size} bytes, and no more`, () => {
        const shape = integer(size, signed);
        const lowest = signed ? -(2n ** BigInt(size * 8 - 1)) : 0n;
        const highest = 2n ** BigInt(size * 8 - (signed ? 1 : 0)) - 1n;
        const plain = (value: bigint) => (size > 4 ? value : Number(value));
        assert.equal(back(shape, lowest), plain(lowest));
        assert.equal(back(shape, highest), plain(highest));
        assert.equal(back(shape, 5), plain(5n));
        const range = new RegExp(`^value: ${highest + 1n} is out of range: ${lowest} to ${highest}$`);
        assert.throws(() => written(shape, highest + 1n), btfError(range));
        assert.throws(() => written(shape, lowest - 1n), btfError(/out of range/));
      });
    }
  }

  it('reads and writes enums by name, and by number where there is none', () => {
    const shape = shapeOf(kinds, kinds.find('plain', 'enum') as number).shape;
    assert.equal(back(shape, 'ALIAS'), 'SECOND');
    assert.equal(back(shape, 7), 'SECOND');
    assert.equal(back(shape, 3), 3);
    assert.throws(() => written(shape, 'THIRD'), btfError(/no 'THIRD' in enum plain: it has FIRST, SECOND, ALIAS/));
    const wide = Btf.parse(encodeBtf([{ kind: 'enum64', name: 'w', size: 8, vlen: 1, data: ['BIG', 1, 1] }]));
    assert.equal(back(shapeOf(wide, 1).shape, 'BIG'), 'BIG');
    assert.equal(back(shapeOf(wide, 1).shape, 2), 2n);
    // SECOND is 7.
    const bits = { offset: 0, size: 2 };
    const layout = {
      kind: 'struct',
      name: 's',
      size: 4,
      members: [{ name: 'e', offset: 0, type: shape, typedefs: [], bits }],
    } as const;
    assert.equal(written({ kind: 'struct', layout }, { e: 3 })[0], 3);
    assert.throws(
      () => written({ kind: 'struct', layout }, { e: 'SECOND' }),
      btfError(/e: 7 is out of range: -2 to 3/),
    );
  });

  it('reads and writes bool, float, double and pointers', () => {
    const bool: Shape = { kind: 'int', size: 1, signed: false, bool: true, char: false };
    assert.equal(back(bool, true), true);
    assert.equal(back(bool, 0), false);
    assert.throws(() => written(bool, 2), btfError(/out of range: 0 to 1/));
    assert.equal(back({ kind: 'float', size: 4 }, 0.5), 0.5);
    assert.equal(back({ kind: 'float', size: 8 }, Math.PI), Math.PI);
    assert.throws(() => written({ kind: 'float', size: 16 }, 1), btfError(/a float of 16 bytes/));
    for (const value of [Number.POSITIVE_INFINITY, -3.4028234663852886e38]) {
      assert.equal(back({ kind: 'float', size: 4 }, value), value);
    }
    assert.throws(
      () => written({ kind: 'float', size: 4 }, -1e40),
      btfError(/-1e\+40 is out of range of a float of 4/),
    );
    assert.equal(back({ kind: 'pointer', size: 8 }, 0xffff888000000000n), 0xffff888000000000n);
    assert.throws(() => written({ kind: 'pointer', size: 8 }, -1), btfError(/out of range/));
  });

  it('reads text up to its NUL, and writes strings and bytes', () => {
    const shape = shapeOf(btf, btf.find('name_t') as number).shape;
    assert.equal(back(shape, 'café'), 'café');
    assert.equal(back(shape, new Uint8Array(16).fill(0x61)), 'a'.repeat(16));
    assert.equal(back(shape, Buffer.from('ab\0cd')), 'ab');
    assert.equal(back(shape, 'x'.repeat(15)), 'x'.repeat(15));
    assert.equal(back(shape, 'x'.repeat(16)), 'x'.repeat(16));
    assert.equal(back(shape, 'é'.repeat(8)), 'é'.repeat(8));
    assert.throws(() => written(shape, 'x'.repeat(17)), btfError(/17 bytes of text do not fit 16/));
    assert.throws(() => written(shape, `${'é'.repeat(8)}x`), btfError(/17 bytes of text do not fit 16/));
    assert.throws(() => written(shape, new Uint8Array(17)), btfError(/17 bytes do not fit 16/));
    assert.throws(() => written(shape, 'a\0b'), btfError(/NUL/));
    // Bytes that are not UTF-8 can't be written back as text, which would change them.
    const broken = Buffer.from([0x61, 0xff, 0x62]);
    assert.equal(back(shape, broken), 'a\ufffdb');
    for (const text of [back(shape, broken) as string, '\ud83d', 'x\ufffd'.repeat(4)])
      assert.throws(() => written(shape, text), btfError(/^value: the text has U\+FFFD, .*: give the bytes$/));
    assert.equal(back(shape, Buffer.from('\ufffd')), '\ufffd');
  });

  it('keeps a member called __proto__ a member', () => {
    const odd = Btf.parse(
      encodeBtf([int('int', 4), { kind: 'struct', name: 's', size: 4, vlen: 1, data: ['__proto__', 1, 0] }]),
    );
    const value = back(structShape('s', odd), JSON.parse('{"__proto__": 5}'));
    assert.deepEqual(Object.entries(value as object), [['__proto__', 5]]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  const refused: [string, Input, RegExp][] = [
    [
      'an unknown member',
      { pdi: 1 },
      /^value: no member 'pdi' in struct event: it has kind, when, pid, .* and 1 more$/,
    ],
    [
      'a value deep inside',
      { ends: [{}, { port: 65536 }] },
      /^value\.ends\[1\]\.port: 65536 is out of range: 0 to 65535$/,
    ],
    ['too long an array', { list: [1, 2, 3, 4, 5] }, /^value\.list: 5 elements do not fit 4$/],
    ['elements for a tail', { tail: 'abc' }, /^value\.tail: .* do not fit 0$/],
    ['a fraction', { pid: 1.5 }, /^value\.pid: expected an integer, got 1.5$/],
    ['a string for a number', { pid: '1' }, /^value\.pid: expected an integer, got '1'$/],
    ['a number that is not exact', { when: 2 ** 53 }, /^value\.when: .* use a bigint$/],
    ['an array for a struct', [], /^value: expected an object, got an array$/],
    ['null for a struct', null as unknown as Input, /^value: expected an object, got null$/],
    ['a number for an array', { list: 1 }, /^value\.list: expected an array, got 1$/],
    ['members that overlap', { low: 1, both: 2 }, /^value: 'low' and 'both' share their bytes: give one of them$/],
    ['two members of a union', { choice: { wide: 1, narrow: [] } }, /^value\.choice: 'narrow' and 'wide' share/],
    ['no member of a union', { choice: {} }, /^value\.choice: give one member of this union: wide, narrow$/],
  ];
  for (const [what, value, pattern] of refused) {
    it(`refuses ${what}, and writes nothing`, () => {
      const shape = structShape('event');
      const bytes = new Uint8Array(sizeOfShape(shape)).fill(0xaa);
      assert.throws(() => writeValue(shape, new DataView(bytes.buffer), 0, value), btfError(pattern));
      assert.ok(bytes.every((byte) => byte === 0xaa));
    });
  }

  it('takes members of an anonymous union that do not overlap', () => {
    assert.deepEqual([...written(structShape('event'), { low: 1, high: 2 }).subarray(20, 24)], [1, 0, 2, 0]);
    assert.deepEqual([...written(structShape('event'), { first: 1, other: 2 }).subarray(20, 24)], [1, 2, 0, 0]);
  });

  it('refuses places outside the bytes', () => {
    const view = new DataView(new ArrayBuffer(8));
    for (const offset of [1, -1, 0.5, Number.NaN, 9]) {
      assert.throws(() => readValue(integer(8, false), view, offset), btfError(/lies outside the 8 bytes/));
      assert.throws(() => writeValue(integer(8, false), view, offset, 1), btfError(/lies outside the 8 bytes/));
    }
  });
});
