import assert from 'node:assert/strict';
import {
  type ArrayShape,
  type EnumShape,
  type Input,
  type IntShape,
  type Member,
  memoryOf,
  readerOf,
  readValue,
  type Shape,
  type StructShape,
  sizeOfShape,
  writerOf,
  writeValue,
} from '../../src/btf/index.js';

const int = (size: number, signed = false, more: Partial<IntShape> = {}): IntShape => ({
  ...{ kind: 'int', size, signed, bool: false, char: false },
  ...more,
});
const array = (element: Shape, length: number): ArrayShape => ({ kind: 'array', element, length, elementTypedefs: [] });
const text = (length: number) => array(int(1, true, { char: true }), length);
const mood: EnumShape = {
  ...{ kind: 'enum', size: 4, signed: true, name: 'mood' },
  values: new Map([
    [-1, 'ANGRY'],
    [3, 'CALM'],
  ]),
  names: new Map([
    ['ANGRY', -1],
    ['CALM', 3],
  ]),
};
type Place = [name: string, offset: number, type: Shape, bits?: Member['bits']];
const struct = (size: number, places: readonly Place[], kind: 'struct' | 'union' = 'struct'): StructShape => ({
  kind,
  layout: {
    ...{ kind, name: 'some', size },
    members: places.map(([name, offset, type, bits]) => ({ name, offset, type, typedefs: [], ...(bits && { bits }) })),
  },
});

const point = struct(16, [
  ['x', 0, int(4, true)],
  ['y', 8, int(8)],
]);
const everything = struct(80, [
  ['point', 0, point],
  ['name', 16, text(16)],
  ['list', 32, array(int(2), 3)],
  ['isIt', 38, int(1, false, { bool: true })],
  ['mood', 40, mood],
  ['at', 48, { kind: 'pointer', size: 8 }],
  ['ratio', 56, { kind: 'float', size: 8 }],
  ['points', 64, array(struct(4, [['z', 0, int(2, true)]]), 2)],
  ['low', 72, int(4), { offset: 0, size: 3 }],
  ['high', 72, int(4), { offset: 3, size: 5 }],
]);
const whole = {
  ...{ point: { x: -5, y: 2n ** 63n }, name: 'passwd', list: [1, 2, 65535], isIt: true, mood: 'ANGRY', at: 7n },
  ...{ ratio: 0.5, points: [{ z: -1 }, { z: 2 }], low: 5, high: 31 },
};
const overlapping = struct(8, [
  ['one', 0, int(4)],
  ['same', 0, int(4)],
  ['two', 4, int(4)],
]);
const inherited = Object.create({ x: 1 }) as Input;

/** Values that fit, and that do not, of shapes of each kind. */
const ROWS: readonly (readonly [string, Shape, readonly Input[]])[] = [
  ...[1, 2, 4].flatMap((size) =>
    [true, false].map((signed) => {
      const top = 2 ** (8 * size);
      const values = [0, 1, -1, top / 2 - 1, top / 2, -top / 2, -top / 2 - 1, top - 1, top, 0.5, Number.NaN, 1n, 300n];
      return [`${signed ? 's' : 'u'}${8 * size}`, int(size, signed), [...values, -0, '1', true, [], {}]] as const;
    }),
  ),
  ...[8, 16].flatMap((size) =>
    [true, false].map((signed) => {
      const top = 1n << BigInt(8 * size);
      const values = [0n, -1n, top / 2n - 1n, top / 2n, -top / 2n, -top / 2n - 1n, top - 1n, top, 5, -5, 2 ** 53, 0.5];
      return [`${signed ? 's' : 'u'}${8 * size}`, int(size, signed), [...values, '1', {}]] as const;
    }),
  ),
  ['bool', int(1, false, { bool: true }), [true, false, 0, 1, 2, '']],
  ['float', { kind: 'float', size: 4 }, [0.5, -1, 1n]],
  ['pointer', { kind: 'pointer', size: 8 }, [0n, 2n ** 64n - 1n, 2n ** 64n, -1n, 5]],
  ['enum', mood, ['ANGRY', 'CALM', 'NONE', -1, 3, 7, 2 ** 32 - 1, 2 ** 32, 3n]],
  ['text', text(8), ['', 'a', 'seven..', 'eight...', 'é', 'ééé', 'éééé', 'a\0b', Buffer.from('abcdefgh'), [1, -2], 5]],
  ['long text', text(200), ['', 'a'.repeat(65), 'a'.repeat(199), 'a'.repeat(200)]],
  ['no text', text(0), ['', 'a']],
  ['bytes', array(int(1), 4), [Buffer.from([1, 2, 3]), [1, 2, 3, 255], [1, 2, 3, 4, 5], [256], Buffer.alloc(5), 'ab']],
  ['array', array(int(4), 2), [[], [1], [1, 2], [1, 2, 3], [1, 'x'], 5, { 0: 1 }]],
  ['array of arrays', array(array(int(2), 2), 2), [[[1, 2], [3]], [[1, 2, 3]], [1]]],
  ['array of nothing', array(struct(0, []), 1000), [[], [{}]]],
  [
    'struct',
    point,
    [
      ...[{ x: 1, y: 2n }, { x: 1 }, {}, { x: undefined, y: 1n }, { y: 5 }, { x: 1, z: 2 }, { x: 2n ** 40n }],
      ...[[], 5, 'x', Buffer.alloc(16), inherited, { x: 1, z: undefined }],
    ],
  ],
  ['struct of everything', everything, [whole, { ...whole, low: 8 }, { ...whole, points: [{ z: 40000 }] }, {}]],
  [
    'union',
    struct(
      8,
      [
        ['a', 0, int(4)],
        ['b', 0, int(8)],
      ],
      'union',
    ),
    [{ a: 1 }, { b: 1n }, { a: 1, b: 1n }, {}],
  ],
  [
    'struct whose members overlap',
    overlapping,
    [
      { one: 1, two: 2 },
      { one: 1, same: 2 },
    ],
  ],
  ['struct with an odd name', struct(4, [['__proto__', 0, int(4)]]), [JSON.parse('{"__proto__": 5}'), {}]],
];

/** Aligned and not. */
const PLACES = [8, 9];
const roomFor = (size: number) => (size + 24) & ~7;
/** The bytes, or the error. Memory is not zero before. */
function outcome(size: number, write: (buffer: ArrayBuffer) => void): string {
  const buffer = new ArrayBuffer(roomFor(size));
  new Uint8Array(buffer).fill(0xa5);
  try {
    write(buffer);
    return Buffer.from(buffer).toString('hex');
  } catch (error) {
    return String(error);
  }
}

describe('btf: readers and writers of a shape', () => {
  for (const [name, shape, values] of ROWS)
    it(`do the same as readValue and writeValue: ${name}`, () => {
      const size = sizeOfShape(shape);
      const [read, write] = [readerOf(shape), writerOf(shape)];
      for (const value of values)
        for (const at of PLACES) {
          const expected = outcome(size, (buffer) => writeValue(shape, new DataView(buffer), at, value));
          assert.equal(
            outcome(size, (buffer) => write(memoryOf(buffer), at, value)),
            expected,
          );
          if (!/^[0-9a-f]+$/.test(expected)) continue;
          const memory = memoryOf(new Uint8Array(Buffer.from(expected, 'hex')).buffer);
          assert.deepEqual(read(memory, at), readValue(shape, memory.view, at));
        }
    });

  it('read whatever bytes there are', () => {
    for (const [, shape] of ROWS)
      for (let byte = 0; byte < 256; byte += 5)
        for (const at of PLACES) {
          const memory = memoryOf(new Uint8Array(roomFor(sizeOfShape(shape))).fill(byte).buffer);
          assert.deepEqual(readerOf(shape)(memory, at), readValue(shape, memory.view, at));
        }
  });
});
