/** Writes BTF by hand: kinds that clang 14 does not write, split BTF, either byte order, and BTF that is wrong. */
import { BTF_KINDS, type BtfKind } from '../../src/btf/index.js';

/** One type. Strings in `data` become the offsets of these strings, numbers 32-bit words. */
export interface Encoded {
  readonly kind: BtfKind | number;
  readonly name?: string | number;
  readonly flag?: boolean;
  readonly vlen?: number;
  /** The third word of struct btf_type. */
  readonly size?: number;
  readonly data?: readonly (string | number)[];
}

export interface EncodeOptions {
  readonly littleEndian?: boolean;
  /** Bytes of strings in the base. */
  readonly baseStrings?: number;
  /** The table of kind sizes that Linux 7.1 added: [once, each] by kind. */
  readonly layouts?: readonly (readonly [number, number])[];
}

/** Types get ids in their order, from 1. */
export function encodeBtf(types: readonly Encoded[], options: EncodeOptions = {}): Buffer {
  const { littleEndian = true, baseStrings = 0, layouts } = options;
  const strings = new Map<string, number>(baseStrings > 0 ? [] : [['', 0]]);
  let stringBytes = baseStrings > 0 ? 0 : 1;
  const word = (value: string | number): number => {
    if (typeof value === 'number' || value === '') return Number(value);
    const known = strings.get(value);
    if (known !== undefined) return known;
    const offset = baseStrings + stringBytes;
    strings.set(value, offset);
    stringBytes += Buffer.byteLength(value) + 1;
    return offset;
  };
  const words = types.flatMap(({ kind, name = '', flag, vlen = 0, size = 0, data = [] }) => {
    const number = typeof kind === 'number' ? kind : BTF_KINDS.indexOf(kind);
    const info = ((flag ? 0x80000000 : 0) | (number << 24) | vlen) >>> 0;
    return [word(name), info, size, ...data.map(word)];
  });
  const headerSize = layouts ? 32 : 24;
  const typeBytes = words.length * 4;
  const layoutBytes = (layouts?.length ?? 0) * 4;
  const text = Buffer.from([...strings.keys()].map((string) => `${string}\0`).join(''));
  const bytes = Buffer.alloc(headerSize + typeBytes + layoutBytes + text.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint16(0, 0xeb9f, littleEndian);
  view.setUint8(2, 1);
  const header = [headerSize, 0, typeBytes, typeBytes + layoutBytes, text.length];
  if (layouts) header.push(typeBytes, layoutBytes);
  for (const [i, value] of [...header, ...words].entries()) view.setUint32(4 + i * 4, value >>> 0, littleEndian);
  for (const [i, [once, each]] of (layouts ?? []).entries()) bytes.set([once, each], headerSize + typeBytes + i * 4);
  text.copy(bytes, bytes.length - text.length);
  return bytes;
}

/** An `int` type. */
export function int(name: string, size: number, encoding = 0, bits = size * 8, offset = 0): Encoded {
  return { kind: 'int', name, size, data: [(encoding << 24) | (offset << 16) | bits] };
}
