import assert from 'node:assert/strict';
import { BpfObject } from '../../src/bpf/object.js';
import { Btf, BtfError, elfSections, elfSymbols } from '../../src/btf/index.js';
import { readRaw } from '../../src/btf/raw.js';
import { SnoopkitError } from '../../src/errors.js';
import { fixtureBytes, oneLine, withoutBtf } from './helpers.js';

/** Offset in the file of the contents of a section. */
function contentsOf(bytes: Buffer, name: string): number {
  const section = elfSections(bytes).get(name);
  assert.ok(section, name);
  return section.bytes.byteOffset - bytes.byteOffset;
}

/** Offset in the file of a type of the fixture. */
function placeOf(bytes: Buffer, id: number): number {
  const start = contentsOf(bytes, '.BTF');
  const { offsets } = readRaw(bytes.subarray(start, start + (elfSections(bytes).get('.BTF')?.size ?? 0)), false);
  return start + 24 + (offsets[id - 1] as number);
}

function nameOfFunction(bytes: Buffer): void {
  bytes.writeUInt32LE(0x10000000, placeOf(bytes, Btf.parse(bytes).find('handle_call', 'func') as number));
}

/** Offset in the file of the type of the first member of the first map. */
function memberOfMap(bytes: Buffer): number {
  const btf = Btf.parse(bytes);
  const section = btf.type(btf.find('.maps', 'datasec') as number);
  assert.ok(section.kind === 'datasec');
  const variable = btf.type(section.variables[0]?.type as number);
  assert.ok(variable.kind === 'var');
  return placeOf(bytes, btf.resolve(variable.type)) + 12 + 4;
}

function typeOfMember(bytes: Buffer): void {
  bytes.writeUInt32LE(0x100, memberOfMap(bytes));
}

function typedefOfItself(bytes: Buffer): void {
  const [typedef = 0] = Btf.parse(bytes).ofKind('typedef');
  bytes.writeUInt32LE(typedef, memberOfMap(bytes));
  bytes.writeUInt32LE(typedef, placeOf(bytes, typedef) + 8);
}

/** Makes the relocations of the programs a section that nobody reads: their calls are then of themselves. */
function relocationsOfCalls(bytes: Buffer): void {
  const relocations = elfSections(bytes).get('.relraw_tp/sys_enter');
  assert.ok(relocations);
  const headers = Number(bytes.readBigUInt64LE(0x28));
  bytes.writeUInt32LE(1, headers + 64 * relocations.index + 4);
}

/** Has a program without relocations call two others. */
function callsWithoutRelocations(bytes: Buffer): void {
  relocationsOfCalls(bytes);
  const start = contentsOf(bytes, 'raw_tp/sys_enter');
  const [calling, ...called] = elfSymbols(bytes).filter(({ name }) => /^handle_(static|global|callback)$/.test(name));
  assert.ok(calling && called.length === 2);
  for (const { value, size } of [calling, ...called]) {
    for (let at = start + value; at < start + value + size; at += 8) bytes.writeBigUInt64LE(0xb7n, at);
    bytes.writeBigUInt64LE(0x95n, start + value + size - 8);
  }
  for (const [i, { value }] of called.entries()) {
    const at = calling.value + 8 * i;
    bytes.writeUInt32LE(0x1085, start + at);
    bytes.writeInt32LE((value - at) / 8 - 1, start + at + 4);
  }
}

describe('bpf: what is no object', () => {
  const typed = (error: unknown) =>
    error instanceof SnoopkitError && oneLine(error) !== '' && /^ERR_SNOOPKIT_(BPF|BTF)$/.test(error.code);

  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.alloc(1)],
    ['text', Buffer.from('hello, this is no object at all\n'.repeat(10))],
    ['zeros', Buffer.alloc(10_000)],
    ['the start of one', Buffer.from('\x7fELF\x02\x01\x01', 'latin1')],
  ] as const)
    it(`is refused: ${what}`, () => assert.throws(() => BpfObject.open(bytes), typed));

  it('is refused: a program of this machine', () => {
    assert.throws(
      () => BpfObject.open('/bin/true'),
      /^BtfError: cannot open \/bin\/true: not a BPF object: ELF type 3/,
    );
  });

  // libbpf 1.1 crashes for these, some of them when it loads them, and does not return for the typedef.
  for (const [what, name, damage, reason] of [
    [
      'a name of a function',
      'kconfig',
      nameOfFunction,
      /BTF type \d+ \(func\) has a name at 268435456, beyond the \d+/,
    ],
    ['a type of a member', 'maps', typeOfMember, /BTF type \d+ \(struct\) refers to type 256: ids go from 0 to \d+$/],
    ['a typedef', 'maps', typedefOfItself, /BTF type \d+ has a chain of over 32 typedefs: a cycle\?$/],
    ['relocations', 'calls', relocationsOfCalls, /ELF: program 'handle_\w+' calls itself, which BPF does not allow$/],
    [
      'calls',
      'calls',
      callsWithoutRelocations,
      /ELF: program 'handle_static' calls functions in its section without relocations: /,
    ],
  ] as const)
    it(`is refused, and Node lives: damage to ${what}`, () => {
      const bytes = fixtureBytes(name);
      damage(bytes);
      assert.throws(
        () => BpfObject.open(bytes, { name: 'hurt' }),
        (error) => {
          assert.ok(error instanceof BtfError);
          assert.match(oneLine(error), /^cannot open hurt: /);
          assert.match(error.message, reason);
          return true;
        },
      );
    });

  it('is refused in the words of libbpf, with the name of its error', () => {
    assert.throws(() => BpfObject.open(withoutBtf('maps'), { name: 'mine' }), {
      message: 'cannot open mine: BTF is required, but is missing or corrupted (ENOENT); compile it with clang -g',
    });
  });

  it('is refused at every 64th byte of a truncation', () => {
    const bytes = fixtureBytes('hooks');
    for (let length = 0; length < bytes.length; length += 64)
      assert.throws(() => BpfObject.open(bytes.subarray(0, length)), typed, `${length}`);
  });

  it('is no file: the error is that of the file system', () => {
    assert.throws(() => BpfObject.open('/no/such/object.o'), { code: 'ENOENT' });
    assert.throws(() => BpfObject.open('/tmp'), { code: 'EISDIR' });
  });
});
