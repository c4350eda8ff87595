import assert from 'node:assert/strict';
import { Btf, elfSections, globalsOf, layoutOf, readValue, shapeOf, sizeOfShape } from '../../src/btf/index.js';
import { encodeBtf, int } from './encode.js';
import { btfError, fixture, TARGETS } from './fixtures.js';

interface Fact {
  type: string;
  member: string;
  offset: number;
  size: number;
}

/** Layouts computed by clang, read back from the object. */
function facts(): Fact[] {
  const elf = fixture('layout');
  const global = globalsOf(elf).find(({ name }) => name === 'facts');
  const rodata = elfSections(elf).get('.rodata')?.bytes;
  assert.ok(global && rodata);
  const view = new DataView(rodata.buffer, rodata.byteOffset, rodata.length);
  return readValue(global.shape, view, global.offset) as unknown as Fact[];
}

describe('btf: layout', () => {
  for (const target of TARGETS) {
    it(`agrees with clang on sizes and offsets (${target})`, () => {
      const btf = Btf.parse(fixture('layout', target));
      const checked = facts();
      assert.equal(checked.length, 42);
      for (const fact of checked) {
        const layout = layoutOf(btf, fact.type.replace(/^(struct|union) /, ''));
        const member = layout.members.find(({ name }) => name === fact.member);
        if (fact.member === '') assert.equal(layout.size, fact.size, fact.type);
        else
          assert.deepEqual(member && [member.offset, sizeOfShape(member.type)], [fact.offset, fact.size], fact.member);
      }
    });
  }

  const btf = Btf.parse(fixture('layout'));
  const event = layoutOf(btf, 'event');
  const member = (name: string) => event.members.find((candidate) => candidate.name === name);

  it('flattens anonymous structs and unions, in order', () => {
    const names = event.members.slice(0, 9).map(({ name }) => name);
    assert.deepEqual(names, ['kind', 'when', 'pid', 'low', 'high', 'both', 'first', 'second', 'other']);
    assert.ok(event.members.every(({ name }) => name !== ''));
  });

  it('keeps the typedefs passed on the way, outermost first', () => {
    assert.deepEqual(member('when')?.typedefs, ['event_time', 'kernel_time', 'u64']);
    assert.deepEqual(member('name')?.typedefs, ['name_t']);
    assert.deepEqual(member('list')?.typedefs, ['addresses']);
    const list = member('list')?.type;
    assert.deepEqual(list?.kind === 'array' && list.elementTypedefs, ['address', 'u32']);
  });

  it('marks the tail of a struct, and no other array', () => {
    assert.deepEqual(member('tail')?.type, {
      kind: 'array',
      length: 0,
      element: { kind: 'int', size: 1, signed: true, bool: false, char: true },
      elementTypedefs: [],
      flexible: true,
    });
    assert.ok(event.members.filter(({ type }) => type.kind === 'array' && type.flexible).length === 1);
  });

  it('tells char from bytes, and pointers, structs and unions apart', () => {
    const choice = member('choice')?.type;
    assert.equal(choice?.kind, 'union');
    const narrow = choice?.kind === 'union' && choice.layout.members[1]?.type;
    assert.deepEqual(narrow && narrow.kind === 'array' && narrow.element, {
      kind: 'int',
      size: 1,
      signed: false,
      bool: false,
      char: false,
    });
    assert.deepEqual(member('where')?.type, { kind: 'pointer', size: 8 });
    assert.equal(member('inner')?.type.kind, 'struct');
  });

  it('places bit-fields in the byte that they start in', () => {
    const places = (name: string) => layoutOf(btf, name).members.map(({ name, offset, bits }) => [name, offset, bits]);
    assert.deepEqual(places('straddling'), [
      ['first', 0, { offset: 0, size: 13 }],
      ['second', 1, { offset: 5, size: 60 }],
      ['third', 9, { offset: 1, size: 31 }],
    ]);
    assert.deepEqual(
      places('mixed').map(([name]) => name),
      ['before', 'low', 'mid', 'between', 'below', 'far', 'flag'],
    );
  });

  it('knows the bit-fields of old compilers, which are in the integer', () => {
    const old = Btf.parse(
      encodeBtf([
        int('unsigned int', 4, 0, 5, 3),
        { kind: 'struct', name: 's', size: 4, vlen: 1, data: ['field', 1, 8] },
      ]),
    );
    const [field] = layoutOf(old, 's').members;
    assert.deepEqual([field?.offset, field?.bits], [1, { offset: 3, size: 5 }]);
  });

  it('finds a struct through a typedef, by id, and only once', () => {
    assert.equal(layoutOf(btf, 'endpoint').size, 8);
    assert.equal(layoutOf(btf, btf.find('event', 'struct') as number), event);
    assert.equal(shapeOf(btf, btf.find('event_time') as number).shape.kind, 'int');
    assert.throws(() => layoutOf(btf, 'nothing'), {
      name: 'NotFoundError',
      message: "no struct or union 'nothing' in this BTF",
    });
    assert.throws(() => layoutOf(btf, 'u64'), btfError(/'u64' is not a struct or union: it is int/));
  });

  it('normalises enum values to the size of the enum', () => {
    const enums = Btf.parse(
      encodeBtf([
        { kind: 'enum', name: 'old', size: 1, vlen: 1, data: ['MINUS', 0xffffffff] },
        { kind: 'enum64', name: 'wide', size: 8, flag: true, vlen: 1, data: ['MIN', 0, 0x80000000] },
        // Cut from 0x1ffffffff by clang 14.
        { kind: 'enum', name: 'cut', size: 8, vlen: 1, data: ['BIG', 0xffffffff] },
      ]),
    );
    const values = (id: number) => {
      const { shape } = shapeOf(enums, id);
      return shape.kind === 'enum' ? [...shape.values] : [];
    };
    assert.deepEqual(values(1), [[255, 'MINUS']]);
    assert.deepEqual(values(2), [[-(2n ** 63n), 'MIN']]);
    assert.deepEqual(values(3), []);
  });
});
