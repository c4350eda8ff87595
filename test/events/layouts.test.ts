/** Structs whose members are elsewhere than bpf/include/types.h has them: kinds go by the BTF alone. */
import assert from 'node:assert/strict';
import { Btf, BtfError } from '../../src/btf/index.js';
import { EventRecord } from '../../src/events/column.js';
import { EventReader } from '../../src/events/reader.js';
import { eventSchema } from '../../src/events/schema.js';
import { type Encoded, encodeBtf, int } from '../btf/encode.js';
import { fakeContext } from './helpers.js';

const SIGNED = 1;
const bits = (offset: number, size: number) => (size << 24) | offset;
const typedef = (name: string, type: number): Encoded => ({ kind: 'typedef', name, size: type });

/** By their ids, from 1. */
const BASE: readonly Encoded[] = [
  int('unsigned int', 4),
  int('unsigned char', 1),
  int('unsigned short', 2),
  int('int', 4, SIGNED),
  {
    kind: 'enum',
    name: 'snoop_source',
    vlen: 4,
    size: 4,
    data: ['SOURCE_NAMED', 0, 'SOURCE_JOINED', 1, 'SOURCE_READ', 2, 'SOURCE_MISSING', 3],
  },
  {
    kind: 'struct',
    name: 'snoop_span',
    flag: true,
    vlen: 5,
    size: 8,
    data: [
      ...['source', 5, bits(0, 2)],
      ...['truncated', 1, bits(2, 1)],
      ...['length', 1, bits(3, 28)],
      ...['deleted', 1, bits(31, 1)],
      ...['offset', 1, 32],
    ],
  },
  { kind: 'array', data: [2, 1, 16] },
];
const SPAN = 6;
const ADDRESS = 7;

/** The values of an event whose one field `f` has the type that is last; the texts are behind 32 bytes. */
function read(types: readonly Encoded[], write: (bytes: Buffer) => void): Record<string, unknown> {
  const field = BASE.length + types.length;
  const event: Encoded = { kind: 'struct', name: 'e', vlen: 1, size: 32, data: ['f', field, 64] };
  const { columns } = eventSchema(Btf.parse(encodeBtf([...BASE, ...types, event])), 'e', fakeContext());
  const record = new EventRecord();
  const bytes = Buffer.concat([Buffer.alloc(32), Buffer.from('b\0a\0')]);
  write(bytes.subarray(8));
  record.setBytes(bytes);
  record.length = bytes.length;
  return Object.fromEntries(columns.map((column) => [column.name, column.value(record)]));
}

/** The words of a span of all four bytes behind the event. */
function writeSpan(bytes: Buffer, source: number, deleted = 0): void {
  bytes.writeUInt32LE((source | (4 << 3) | (deleted << 31)) >>> 0);
  bytes.writeUInt32LE(32, 4);
}

describe('events: layouts', () => {
  it('decide where the parts of a path are, and what its source means', () => {
    const file = [typedef('snoop_file', SPAN)];
    assert.deepEqual(
      read(file, (bytes) => writeSpan(bytes, 2, 1)),
      { f: '/a/b', f_deleted: true },
    );
    assert.deepEqual(
      read(file, (bytes) => writeSpan(bytes, 3)),
      { f: null, f_deleted: false },
    );
    const components = [typedef('snoop_components', SPAN)];
    for (const [source, resolved] of [
      [0, true],
      [1, false],
      [2, true],
    ] as const)
      assert.equal(read(components, (bytes) => writeSpan(bytes, source)).f_resolved, resolved, `${source}`);
  });

  it('decide whether a text is given', () => {
    const given = [typedef('snoop_given_text', SPAN)];
    assert.deepEqual(
      read(given, (bytes) => bytes.writeUInt32LE(2)),
      { f: undefined },
    );
    assert.deepEqual(
      read(given, (bytes) => writeSpan(bytes, 2)),
      { f: 'b\0a\0' },
    );
  });

  it('decide where the parts of a list are', () => {
    const list: Encoded = {
      kind: 'struct',
      name: 'snoop_list',
      vlen: 3,
      size: 16,
      data: ['size', 1, 0, 'span', SPAN, 32, 'count', 1, 96],
    };
    const values = read([list, typedef('snoop_args', BASE.length + 1)], (bytes) => writeSpan(bytes.subarray(4), 2));
    assert.deepEqual(values, { f: ['b', 'a'] });
  });

  it('decide where address and port are', () => {
    const endpoint: Encoded = {
      kind: 'struct',
      name: 'snoop_endpoint',
      vlen: 2,
      size: 20,
      data: ['port', 3, 16, 'addr', ADDRESS, 32],
    };
    const values = read([endpoint, typedef('snoop_endpoint', BASE.length + 1)], (bytes) => {
      bytes.writeUInt16LE(443, 2);
      bytes.write('00000000000000000000ffff0a000001', 4, 'hex');
    });
    assert.deepEqual(values, { f_addr: '10.0.0.1', f_port: 443, f: '10.0.0.1:443' });
  });

  it('decide where the parts of a code are, and what a result is called', () => {
    const code: Encoded = { kind: 'struct', name: 'c', vlen: 2, size: 8, data: ['signal', 4, 0, 'code', 4, 32] };
    const values = read([code, typedef('snoop_signal_code', BASE.length + 1)], (bytes) => {
      bytes.writeInt32LE(15);
      bytes.writeInt32LE(-6, 4);
    });
    assert.deepEqual(values, { f: 'SI_TKILL' });
    const result: Encoded = { kind: 'enum', name: 'r', vlen: 1, size: 4, data: ['SIGNAL_SEEN_TWICE', 7] };
    for (const [number, name] of [
      [7, 'seen_twice'],
      [-3, 'ESRCH'],
      [8, '8'],
    ] as const) {
      const types = [result, typedef('snoop_signal_result', BASE.length + 1)];
      assert.deepEqual(
        read(types, (bytes) => bytes.writeInt32LE(number)),
        { f: name },
      );
    }
  });

  it('that lack a part are refused', () => {
    const list: Encoded = { kind: 'struct', name: 'l', vlen: 1, size: 8, data: ['span', SPAN, 0] };
    const types = [list, typedef('snoop_args', BASE.length + 1)];
    assert.throws(() => read(types, () => undefined), {
      name: 'NotFoundError',
      message: "no member 'count' in struct 'l'",
    });
    assert.throws(() => read([typedef('snoop_peer', 1)], () => undefined), new BtfError('f is not a struct'));
  });
});

describe('events: members that share bytes or names, and tails', () => {
  const columnsOf = (members: readonly (string | number)[], types: readonly Encoded[] = [], size = 8) => {
    const event: Encoded = { kind: 'struct', name: 'e', flag: true, vlen: members.length / 3, size, data: members };
    return eventSchema(Btf.parse(encodeBtf([...BASE, ...types, event])), 'e', fakeContext());
  };

  it('reads bit-fields of typedefs with a meaning, bools and enums by their bits alone', () => {
    const first = BASE.length + 1;
    const schema = columnsOf(
      ['id', first, bits(0, 20), 'rest', 1, bits(20, 12), 'is', first + 1, bits(32, 1), 'source', 5, bits(33, 2)],
      [typedef('snoop_uid', 1), { kind: 'int', name: '_Bool', size: 1, data: [(4 << 24) | 8] }],
    );
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(((5 << 20) | 1000) >>> 0);
    bytes[4] = 1 | (2 << 1) | 0xf8;
    assert.deepEqual(new EventReader(schema).read(bytes), { id: 1000, rest: 5, is: true, source: 'SOURCE_READ' });
  });

  it('refuses two columns of one name', () => {
    const nested = BASE.length + 1;
    const inner: Encoded = { kind: 'struct', name: '', vlen: 1, size: 4, data: ['b', 1, 0] };
    assert.throws(
      () => columnsOf(['a_b', 1, 0, 'a', nested, 32], [inner]),
      new BtfError("two columns of 'e' are named 'a_b': rename a member"),
    );
    const result = typedef('snoop_ret', 4);
    assert.throws(
      () => columnsOf(['ret', nested, 0, 'error', 1, 32], [result]),
      /two columns of 'e' are named 'error'/,
    );
  });

  it('reads a flexible tail to the end of the record', () => {
    const first = BASE.length + 1;
    const char = int('char', 1, SIGNED);
    const array = (element: number): Encoded => ({ kind: 'array', data: [element, 1, 0] });
    const bytes = Buffer.from('\x02\0\0\0abcdef\0gh__');
    const text = new EventReader(columnsOf(['n', 1, 0, 'tail', first + 1, 32], [char, array(first)], 4));
    assert.deepEqual(text.read(bytes, 0, 8), { n: 2, tail: 'abcd' });
    assert.deepEqual(text.read(bytes), { n: 2, tail: 'abcdef' });
    assert.deepEqual(text.read(bytes, 0, 4), { n: 2, tail: '' });
    const shorts = new EventReader(columnsOf(['n', 1, 0, 'tail', first, 32], [array(3)], 4));
    assert.deepEqual(shorts.read(bytes, 0, 9), { n: 2, tail: [0x6261, 0x6463] });
  });
});
