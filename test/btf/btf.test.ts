import assert from 'node:assert/strict';
import { BTF_KINDS, Btf, type BtfKind, type BtfType } from '../../src/btf/index.js';
import { encodeBtf, int } from './encode.js';
import { btfError, fixture, TARGETS } from './fixtures.js';

/** The member of the union that a kind belongs to: Extract alone fails where several kinds share one. */
type OfKind<K extends BtfKind> = BtfType extends infer T
  ? T extends { kind: infer Own }
    ? K extends Own
      ? T
      : never
    : never
  : never;

function named<K extends BtfKind>(btf: Btf, name: string, kind: K): OfKind<K> {
  const id = btf.find(name, kind);
  assert.ok(id !== undefined, `${kind} ${name} is there`);
  return btf.type(id) as OfKind<K>;
}

describe('btf: types', () => {
  for (const target of TARGETS) {
    describe(`of a ${target} object`, () => {
      const btf = Btf.parse(fixture('kinds', target));
      const types = Array.from({ length: btf.count }, (_, id) => btf.type(id));

      it('have every kind but enum64', () => {
        const kinds = new Set(types.map(({ kind }) => kind));
        assert.deepEqual(
          BTF_KINDS.filter((kind) => !kinds.has(kind)),
          ['enum64'],
        );
        assert.equal(btf.littleEndian, target === 'bpf');
      });

      it('are found by their kind', () => {
        for (const kind of BTF_KINDS) {
          if (kind === 'void') continue;
          const ids = types.flatMap((type, id) => (type.kind === kind ? [id] : []));
          assert.deepEqual([...btf.ofKind(kind)], ids, kind);
        }
      });

      it('have the data of their kind', () => {
        const size = { size: 4, bits: 32, offset: 0, bool: false, char: false };
        assert.deepEqual(named(btf, 'int', 'int'), { kind: 'int', name: 'int', ...size, signed: true });
        assert.deepEqual(named(btf, 'double', 'float'), { kind: 'float', name: 'double', size: 8 });
        assert.equal(named(btf, '_Bool', 'int').bool, true);
        assert.deepEqual(named(btf, 'plain', 'enum').values, [
          { name: 'FIRST', value: 0 },
          { name: 'SECOND', value: 7 },
          { name: 'ALIAS', value: 7 },
        ]);
        assert.equal(named(btf, 'hidden', 'fwd').of, 'struct');
        assert.equal(named(btf, 'hidden_union', 'fwd').of, 'union');
        assert.equal(named(btf, 'copy', 'func').linkage, 'global');
        assert.equal(named(btf, 'elsewhere', 'func').linkage, 'extern');
        assert.equal(named(btf, 'tagged_here', 'var').linkage, 'static');
        assert.equal(named(btf, 'half', 'var').linkage, 'global');
        assert.equal(named(btf, 'user', 'type_tag').attribute, false);
        assert.equal(named(btf, '.rodata', 'datasec').variables.length, 1);
      });

      it('refer to each other', () => {
        const tagged = btf.find('tagged', 'struct');
        const tags = types.filter((type) => type.kind === 'decl_tag');
        assert.deepEqual(tags.map(({ name, type, componentIndex }) => [name, type, componentIndex]).sort(), [
          ['mark', tagged, 1],
          ['whole', tagged, -1],
        ]);
        const proto = btf.type(named(btf, 'copy', 'func').type);
        assert.ok(proto.kind === 'func_proto');
        assert.deepEqual(
          proto.params.map(({ name }) => name),
          ['to', 'from'],
        );
        assert.equal(btf.type(proto.returns).name, 'int');
        const shy = btf.type(btf.resolve(btf.find('shy_u32', 'typedef') as number));
        assert.equal(shy.name, 'unsigned int');
      });

      it('know their sizes', () => {
        assert.equal(btf.sizeOf(btf.find('everything', 'struct') as number), 104);
        assert.equal(btf.sizeOf(btf.find('shy_u32', 'typedef') as number), 4);
        const matrix = named(btf, 'everything', 'struct').members.find(({ name }) => name === 'matrix');
        assert.equal(btf.sizeOf(matrix?.type as number), 24);
        assert.throws(() => btf.sizeOf(0), btfError(/type 0 \(void\) has no size/));
        assert.throws(() => btf.sizeOf(btf.find('hidden') as number), btfError(/\(fwd 'hidden'\) has no size/));
      });
    });
  }

  for (const littleEndian of [true, false]) {
    it(`read enum64 and signed enums, ${littleEndian ? 'little' : 'big'} endian`, () => {
      const bytes = encodeBtf(
        [
          { kind: 'enum64', name: 'wide', size: 8, vlen: 2, data: ['BIG', 5, 0x80000000, 'ONE', 1, 0] },
          { kind: 'enum64', name: 'low', size: 8, flag: true, vlen: 1, data: ['MINUS', 0xffffffff, 0xffffffff] },
          { kind: 'enum', name: 'small', size: 4, flag: true, vlen: 1, data: ['NO', 0xffffffff] },
        ],
        { littleEndian },
      );
      const btf = Btf.parse(bytes);
      assert.deepEqual(named(btf, 'wide', 'enum64').values[0], { name: 'BIG', value: 0x8000000000000005n });
      assert.deepEqual(named(btf, 'low', 'enum64').values, [{ name: 'MINUS', value: -1n }]);
      assert.deepEqual(named(btf, 'small', 'enum').values, [{ name: 'NO', value: -1 }]);
    });
  }

  it('are found by name, the lowest id first, by search and by table', () => {
    const btf = Btf.parse(
      encodeBtf([
        int('x', 4),
        { kind: 'struct', name: 'same' },
        { kind: 'typedef', name: 'same', size: 2 },
        { kind: 'struct', name: 'same_not' },
        { kind: 'struct', size: 0 },
      ]),
    );
    for (let round = 0; round < 10; round++) {
      assert.equal(btf.find('same'), 2);
      assert.equal(btf.find('same', 'typedef'), 3);
      assert.equal(btf.find('same_not'), 4);
      assert.equal(btf.find('sam'), undefined);
      assert.equal(btf.find('same', 'func'), undefined);
      assert.equal(btf.find(''), undefined);
      assert.equal(btf.find('x\0same'), undefined);
    }
  });

  it('go on from those of a base in split BTF', () => {
    const base = Btf.parse(encodeBtf([int('int', 4), { kind: 'struct', name: 'in_base', size: 4 }]));
    const baseStrings = '\0int\0in_base\0'.length;
    const split = encodeBtf(
      [
        { kind: 'typedef', name: 'mine', size: 1 },
        { kind: 'struct', name: 5, size: 4, vlen: 1, data: ['member', 3, 0] },
      ],
      { baseStrings },
    );
    const btf = Btf.parse(split, { base });
    assert.equal(btf.count, 5);
    assert.equal(btf.type(btf.resolve(3)).name, 'int');
    assert.deepEqual(btf.type(4), {
      kind: 'struct',
      name: 'in_base',
      size: 4,
      members: [{ name: 'member', type: 3, bitOffset: 0, bitSize: 0 }],
    });
    for (let round = 0; round < 10; round++) {
      assert.equal(btf.find('mine'), 3);
      assert.equal(btf.find('in_base'), 2);
      assert.equal(btf.find('nowhere'), undefined);
    }
    assert.throws(() => btf.type(5), btfError(/no BTF type 5: ids go from 0 to 4/));
  });

  it('of kinds to come are stepped over when the BTF says how long they are', () => {
    const types = [
      { kind: 25, name: 'news', vlen: 2, data: [1, 2, 3] },
      { kind: 'struct' as const, name: 'after', size: 8 },
    ];
    assert.throws(() => Btf.parse(encodeBtf(types)), btfError(/unknown kind 25/));
    const layouts = Array.from({ length: 26 }, (_, kind): [number, number] => (kind === 25 ? [4, 4] : [0, 0]));
    const btf = Btf.parse(encodeBtf(types, { layouts }));
    assert.equal(btf.find('after', 'struct'), 2);
    assert.throws(() => btf.type(1), btfError(/unknown kind 25$/));
  });
});
