import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkSections } from '../../src/btf/check-sections.js';
import { Btf, checkBtf, checkObject, elfSections } from '../../src/btf/index.js';
import { needs } from '../capability.js';
import { type Encoded, encodeBtf, int } from './encode.js';
import { btfError, fixture } from './fixtures.js';

/** Changes a copy of an object: `at` is the offset of a section's header or contents in the file. */
type Damage = (bytes: Buffer, at: (section: string) => number, contents: (section: string) => number) => void;

function damaged(damage: Damage): Buffer {
  const bytes = Buffer.from(fixture('globals'));
  const sections = elfSections(bytes);
  const section = (name: string) => {
    const found = sections.get(name);
    assert.ok(found, name);
    return found;
  };
  const table = Number(bytes.readBigUInt64LE(40));
  damage(
    bytes,
    (name) => table + section(name).index * 64,
    (name) => section(name).bytes.byteOffset - bytes.byteOffset,
  );
  return bytes;
}

describe('btf: a check of an object', () => {
  it('gives its types', () => {
    assert.equal(
      checkObject(fixture('globals')).find('.rodata', 'datasec'),
      Btf.parse(fixture('globals')).find('.rodata', 'datasec'),
    );
    assert.ok(checkObject(fixture('kinds', 'bpfeb')).count > 10);
  });

  it('finds no types where there are none', () => {
    const bytes = Buffer.from(fixture('globals').toString('latin1').replaceAll('.BTF\0', '.BTX\0'), 'latin1');
    assert.equal(checkObject(bytes).count, 1);
  });

  const TYPE = 4;
  const FLAGS = 8;
  const SIZE = 32;
  const LINK = 40;
  const INFO = 44;
  const ENTRY = 56;
  const cases: [string, Damage, RegExp][] = [
    ['another kind of file', (bytes) => bytes.writeUInt16LE(2, 16), /not a BPF object: ELF type 2/],
    ['another machine', (bytes) => bytes.writeUInt16LE(62, 18), /not a BPF object: .* machine 62/],
    ['no symbols', (bytes, at) => bytes.writeUInt32LE(1, at('.symtab') + TYPE), /there is no symbol table/],
    ['two tables of symbols', (bytes, at) => bytes.writeUInt32LE(2, at('.data') + TYPE), /two symbol tables/],
    ['symbols of another size', (bytes, at) => bytes.writeUInt32LE(16, at('.symtab') + ENTRY), /with symbols of 16/],
    ['half a symbol', (bytes, at) => bytes.writeUInt32LE(25, at('.symtab') + SIZE), /symbol table of 25 bytes/],
    [
      'names of symbols elsewhere',
      (bytes, at) => bytes.writeUInt32LE(2, at('.symtab') + LINK),
      /is not a string table/,
    ],
    [
      'a name of a symbol',
      (bytes, _, contents) => bytes.writeUInt32LE(0xfffffff0, contents('.symtab') + 24),
      /no string at offset 4294967280 of the symbol names/,
    ],
    [
      'a section of a symbol',
      (bytes, _, contents) => bytes.writeUInt16LE(0x700, contents('.symtab') + 24 + 6),
      /is in section 1792, which does not exist/,
    ],
    [
      'a place of a symbol',
      (bytes, _, contents) => {
        bytes.writeUInt16LE(1, contents('.symtab') + 24 + 6);
        bytes.writeBigUInt64LE(2n ** 64n - 8n, contents('.symtab') + 24 + 8);
      },
      /ends at 1844674407370955\d+, beyond the/,
    ],
    [
      'two of a section',
      (bytes, at) => bytes.copyWithin(at('.data'), at('.BTF'), at('.BTF') + 4),
      /two sections '.BTF'/,
    ],
    ['types without bytes', (bytes, at) => bytes.writeUInt32LE(8, at('.BTF') + TYPE), /'.BTF' has no bytes/],
    ['a compressed section', (bytes, at) => bytes.writeUInt32LE(0x800, at('.data') + FLAGS), /'.data' is compressed/],
    ['a size of .bss', (bytes, at) => bytes.writeBigUInt64LE(2n ** 32n, at('.bss') + SIZE), /4294967296 bytes exceeds/],
    ['too small a section', (bytes, at) => bytes.writeBigUInt64LE(4n, at('.rodata') + SIZE), /beyond the 4 bytes of/],
    [
      'relocations of another section',
      (bytes, at) => bytes.writeUInt32LE(1, at('.rel.BTF') + INFO),
      /'.rel.BTF' are for/,
    ],
    [
      'relocations of no section',
      (bytes, at) => bytes.writeUInt32LE(999, at('.rel.BTF') + INFO),
      /for section 999, which/,
    ],
    ['relocations of another size', (bytes, at) => bytes.writeUInt32LE(24, at('.rel.BTF') + ENTRY), /entries of 24/],
    [
      'a byte order of types',
      (bytes, _, contents) =>
        bytes.subarray(contents('.BTF')).set([0xeb, 0x9f, 1, 0, 0, 0, 0, 24, ...Array<number>(15).fill(0), 1, 0]),
      /its byte order is not/,
    ],
    [
      'a version of .BTF.ext',
      (bytes, _, contents) => bytes.writeUInt8(2, contents('.BTF.ext') + 2),
      /unknown version 2/,
    ],
    [
      'a magic number of .BTF.ext',
      (bytes, _, contents) => bytes.writeUInt8(2, contents('.BTF.ext')),
      /0xeb9f is missing/,
    ],
    [
      'a header of .BTF.ext',
      (bytes, _, contents) => bytes.writeUInt32LE(8, contents('.BTF.ext') + 4),
      /header size of 8/,
    ],
    [
      'the functions of .BTF.ext',
      (bytes, _, contents) => bytes.writeUInt32LE(0xfffffff0, contents('.BTF.ext') + 12),
      /BTF.ext: the functions at bytes \d+ to \d+ exceed/,
    ],
    [
      'a size of records in .BTF.ext',
      (bytes, _, contents) =>
        bytes.writeUInt32LE(4, contents('.BTF.ext') + bytes.readUInt32LE(contents('.BTF.ext') + 4)),
      /the functions have records of 4 bytes/,
    ],
    [
      'a number of records in .BTF.ext',
      (bytes, _, contents) =>
        bytes.writeUInt32LE(0xffffffff, contents('.BTF.ext') + bytes.readUInt32LE(contents('.BTF.ext') + 4) + 8),
      /the functions have 4294967295 records at byte/,
    ],
    [
      'a section in .BTF.ext',
      (bytes, _, contents) =>
        bytes.writeUInt32LE(0x7fffffff, contents('.BTF.ext') + bytes.readUInt32LE(contents('.BTF.ext') + 4) + 4),
      /the section of functions has a string at 2147483647/,
    ],
    [
      'a function in .BTF.ext',
      (bytes, _, contents) =>
        bytes.writeUInt32LE(1, contents('.BTF.ext') + bytes.readUInt32LE(contents('.BTF.ext') + 4) + 16),
      /a function has type 1, a/,
    ],
  ];
  for (const [what, damage, reason] of cases)
    it(`refuses ${what}`, () => {
      const bytes = damaged(damage);
      assert.throws(() => checkObject(bytes), btfError(reason));
    });

  describe('with relocations', () => {
    /** Changes a word of the first CO-RE relocation: of a size of records, a section's name and count, and the record. */
    const relocated = (word: number, value: number) => {
      const bytes = readFileSync(new URL('../bpf/fixtures/iterator.bpf.o', import.meta.url));
      const extension = elfSections(bytes).get('.BTF.ext')?.bytes as Uint8Array;
      const at = extension.byteOffset - bytes.byteOffset;
      bytes.writeUInt32LE(value, at + bytes.readUInt32LE(at + 4) + bytes.readUInt32LE(at + 24) + word * 4);
      return bytes;
    };
    const words: [string, number, number, RegExp][] = [
      ['a size of records', 0, 18, /the relocations have records of 18 bytes/],
      ['an instruction', 3, 4, /the relocations have one for byte 4 of a section/],
      ['an instruction outside', 3, 0x10000, /the relocations have one for byte 65536 of a section of \d+ bytes/],
      ['a type', 4, 0x10000, /a relocation has type 65536/],
      ['an access', 5, 0x7fffffff, /a relocation has a string at 2147483647/],
      ['an access that is a name', 5, 1, /a relocation has the access '\w+'/],
    ];
    for (const [what, word, value, reason] of words)
      it(`refuses ${what}`, () => assert.throws(() => checkObject(relocated(word, value)), btfError(reason)));
  });

  it('takes the types of the running kernel', function () {
    needs(this, 'kernel-btf');
    checkBtf(readFileSync('/sys/kernel/btf/vmlinux'));
  });
});

describe('btf: a check of types', () => {
  const struct = (...data: (string | number)[]): Encoded => ({
    kind: 'struct',
    name: 's',
    vlen: data.length / 3,
    data,
  });
  const cases: [string, readonly Encoded[], RegExp][] = [
    ['an id out of range', [{ kind: 'ptr', size: 9 }], /^BTF type 1 \(ptr\) refers to type 9: ids go from 0 to 1$/],
    ['a name out of range', [{ kind: 'fwd', name: 0x10000000 }], /has a name at 268435456, beyond the 1 bytes/],
    ['a member of no type', [struct('a', 5, 0)], /type 1 \(struct\) refers to type 5/],
    ['a name of a member', [struct(77777, 0, 0)], /type 1 \(struct\) has a name at 77777/],
    ['an element of no type', [{ kind: 'array', data: [9, 0, 1] }], /type 1 \(array\) refers to type 9/],
    ['a parameter of no type', [{ kind: 'func_proto', vlen: 1, data: ['a', 9] }], /refers to type 9/],
    ['a name of an enumerator', [{ kind: 'enum', size: 4, vlen: 1, data: [99999, 1] }], /has a name at 99999/],
    ['a function of no prototype', [{ kind: 'func', name: 'f', size: 2 }, int('int', 4)], /has type 2, a int/],
    [
      'a pointer to a variable',
      [
        { kind: 'ptr', size: 2 },
        { kind: 'var', name: 'v', data: [1] },
      ],
      /type 2, a var$/,
    ],
    [
      'a section of no variables',
      [{ kind: 'datasec', name: '.x', vlen: 1, data: [2, 0, 4] }, int('int', 4)],
      /contains type 2, a int/,
    ],
    ['elements of an integer', [{ ...int('int', 4), vlen: 3 }], /has 3 elements, expected none/],
    ['a size of an integer', [int('int', 0)], /invalid size of 0 bytes/],
    ['a size of an enum', [{ kind: 'enum', size: 3 }], /invalid size of 3 bytes/],
    ['a linkage of a variable', [{ kind: 'var', name: 'v', data: [7] }], /unknown linkage 7/],
    [
      'a bit-field of a pointer',
      [{ ...struct('a', 2, 3 << 24), size: 8, flag: true }, { kind: 'ptr' }],
      /bit-field of type 2, a ptr/,
    ],
    ['a typedef of itself', [{ kind: 'typedef', name: 't', size: 1 }], /a cycle/],
    ['a struct in itself', [struct('a', 2, 0), { kind: 'const', size: 1 }], /contains itself/],
    ['an array of itself', [{ kind: 'array', data: [1, 0, 1] }], /type 1 \(array\) contains itself/],
    [
      'endless nesting',
      [...Array.from({ length: 400 }, (_, i) => struct('a', i + 2, 0)), int('int', 4)],
      /nested over 256 deep/,
    ],
  ];
  for (const [what, types, reason] of cases)
    it(`refuses ${what}`, () => assert.throws(() => checkBtf(encodeBtf(types)), btfError(reason)));

  it('takes what refers to itself by pointer', () => {
    checkBtf(
      encodeBtf([
        { ...struct('next', 2, 0), size: 8 },
        { kind: 'ptr', size: 1 },
      ]),
    );
  });
});

describe('btf: a check of sections', () => {
  const section = (name: string, size: number) => {
    const [data] = elfSections(fixture('globals')).values();
    assert.ok(data);
    return { ...data, name, size };
  };
  const variable = (name: string, size: number, type: Encoded): Btf => {
    const types: Encoded[] = [
      { kind: 'datasec', name, vlen: 1, data: [2, 8, size] },
      { kind: 'var', name: 'v', size: 3, data: [1] },
      type,
      int('u64', 8),
    ];
    return Btf.parse(encodeBtf(types));
  };
  const struct: Encoded = { kind: 'struct', name: 's', size: 24, vlen: 1, data: ['a', 4, 0] };

  it('refuses a variable outside its section', () => {
    checkSections(variable('.data', 8, struct), [section('.data', 16)]);
    assert.throws(
      () => checkSections(variable('.data', 0xffffffff, struct), [section('.data', 16)]),
      btfError(/^variable 'v' ends at 4294967303, beyond .data's 16 bytes$/),
    );
  });

  it('refuses a struct of .struct_ops that its section does not contain, or whose members it does not', () => {
    checkSections(variable('.struct_ops', 8, struct), [section('.struct_ops', 32)]);
    assert.throws(
      () => checkSections(variable('.struct_ops', 8, struct), [section('.struct_ops', 31)]),
      btfError(/'v' ends at 32, beyond .struct_ops's 31 bytes/),
    );
    const outside = { ...struct, data: ['a', 4, 24 * 8] };
    assert.throws(
      () => checkSections(variable('.struct_ops', 8, outside), [section('.struct_ops', 32)]),
      btfError(/member 'a' of 's' ends at 32, beyond its 24 bytes/),
    );
  });

  it('refuses a struct in .kconfig, also in an array', () => {
    checkSections(variable('.kconfig', 8, int('u64', 8)), []);
    assert.throws(() => checkSections(variable('.kconfig', 8, struct), []), btfError(/'v' of .kconfig is a struct/));
    const list: Encoded[] = [
      { kind: 'datasec', name: '.kconfig', vlen: 1, data: [2, 0, 8] },
      { kind: 'var', name: 'v', size: 3, data: [2] },
      { kind: 'array', data: [4, 5, 2] },
      { ...struct, data: ['a', 5, 0] },
      int('u64', 8),
    ];
    assert.throws(() => checkSections(Btf.parse(encodeBtf(list)), []), btfError(/'v' of .kconfig is a struct/));
  });
});
