/** Reduces BTF to the types that an object's relocations need: about 1 % of a kernel's. */
import { readBtfBytes } from './elf.js';
import { BtfError } from './error.js';
import { kindOf, type RawBtf, readRaw, TYPE_SIZE, vlenOf } from './raw.js';
import { essentialName } from './relocations.js';
import { Strings } from './strings.js';
import { BTF_KINDS, type BtfKind } from './types.js';

const HEADER_SIZE = 24;
const MAGIC = 0xeb9f;

/** Kinds at which a relocation can start. */
const NAMED: ReadonlySet<BtfKind> = new Set(['int', 'struct', 'union', 'enum', 'enum64', 'typedef', 'fwd']);
const REFERENCES: ReadonlySet<BtfKind> = new Set(['typedef', 'volatile', 'const', 'restrict', 'type_tag']);

/** Offsets in a type, from its start: of string offsets besides its name, and of the IDs of embedded types. */
function placesIn(kind: BtfKind, vlen: number): { strings: number[]; types: number[] } {
  const each = (size: number, at: number) => Array.from({ length: vlen }, (_, index) => TYPE_SIZE + index * size + at);
  switch (kind) {
    case 'int':
    case 'float':
    case 'fwd':
    case 'ptr':
      return { strings: [], types: [] };
    case 'array':
      return { strings: [], types: [TYPE_SIZE, TYPE_SIZE + 4] };
    case 'struct':
    case 'union':
      return { strings: each(12, 0), types: each(12, 4) };
    case 'enum':
      return { strings: each(8, 0), types: [] };
    case 'enum64':
      return { strings: each(12, 0), types: [] };
    default:
      if (REFERENCES.has(kind)) return { strings: [], types: [8] };
      throw new BtfError(`BTF: a ${kind} cannot be part of another type`);
  }
}

const infoOf = ({ view, littleEndian, offsets }: RawBtf, id: number) => {
  const at = offsets[id - 1];
  if (id < 1 || at === undefined || id >= offsets.length) throw new BtfError(`no BTF type ${id}`);
  const info = view.getUint32(at + 4, littleEndian);
  return { at, end: offsets[id] as number, kind: BTF_KINDS[kindOf(info)] as BtfKind, vlen: vlenOf(info) };
};

/** IDs of all types with these names and of the types embedded in them, and the names found. */
function neededTypes(raw: RawBtf, names: ReadonlySet<string>): { ids: number[]; found: Set<string> } {
  const strings = new Strings(raw.strings, undefined);
  const found = new Set<string>();
  const needed = new Set<number>();
  for (let id = 1; id < raw.offsets.length; id++) {
    const { at, kind } = infoOf(raw, id);
    if (!NAMED.has(kind)) continue;
    const name = essentialName(strings.at(raw.view.getUint32(at, raw.littleEndian)));
    if (!names.has(name)) continue;
    found.add(name);
    needed.add(id);
  }
  // Iteration over a set includes elements added meanwhile.
  for (const id of needed) {
    const { at, kind, vlen } = infoOf(raw, id);
    for (const place of placesIn(kind, vlen).types) {
      const type = raw.view.getUint32(at + place, raw.littleEndian);
      if (type !== 0) needed.add(type);
    }
  }
  return { ids: [...needed].sort((a, b) => a - b), found };
}

/**
 * Returns BTF with the types of these names and those embedded in them; pointers lead to void. Relocations have the
 * same result as with the complete BTF. Undefined if no type has one of the names.
 *
 * @throws BtfError if the bytes are not BTF, or are damaged.
 */
export function cutBtf(bytes: Uint8Array, names: ReadonlySet<string>): Buffer | undefined {
  const raw = readRaw(readBtfBytes(bytes), false);
  const { ids, found } = neededTypes(raw, names);
  return found.size < names.size ? undefined : copyTypes(raw, ids);
}

/**
 * Like `cutBtf`, but leaves out names that no type has: relocations of objects that look for a type which a kernel may
 * lack have the same result, too.
 */
export function cutBtfToKnown(bytes: Uint8Array, names: ReadonlySet<string>): Buffer {
  const raw = readRaw(readBtfBytes(bytes), false);
  return copyTypes(raw, neededTypes(raw, names).ids);
}

/** BTF of these types alone, which are complete but for what pointers lead to. */
function copyTypes(raw: RawBtf, ids: readonly number[]): Buffer {
  const { view, littleEndian, strings } = raw;
  const newIds = new Map(ids.map((id, index) => [id, index + 1]));
  const texts: Uint8Array[] = [strings.subarray(0, 1)];
  const newTexts = new Map([[0, 0]]);
  let textSize = 1;
  const types = ids.map((id) => {
    const { at, end, kind, vlen } = infoOf(raw, id);
    const copy = Buffer.from(Buffer.from(view.buffer, view.byteOffset + at, end - at));
    const target = new DataView(copy.buffer, copy.byteOffset, copy.length);
    const places = placesIn(kind, vlen);
    for (const place of [0, ...places.strings]) {
      const old = target.getUint32(place, littleEndian);
      if (!newTexts.has(old)) {
        const text = strings.subarray(old, strings.indexOf(0, old) + 1);
        newTexts.set(old, textSize);
        texts.push(text);
        textSize += text.length;
      }
      target.setUint32(place, newTexts.get(old) as number, littleEndian);
    }
    for (const place of places.types) {
      target.setUint32(place, newIds.get(target.getUint32(place, littleEndian)) ?? 0, littleEndian);
    }
    if (kind === 'ptr') target.setUint32(8, 0, littleEndian);
    return copy;
  });
  const typeSize = types.reduce((sum, { length }) => sum + length, 0);
  const header = new DataView(new ArrayBuffer(HEADER_SIZE));
  header.setUint16(0, MAGIC, littleEndian);
  header.setUint8(2, 1);
  for (const [at, value] of [
    [4, HEADER_SIZE],
    [12, typeSize],
    [16, typeSize],
    [20, textSize],
  ] as const) {
    header.setUint32(at, value, littleEndian);
  }
  return Buffer.concat([new Uint8Array(header.buffer), ...types, ...texts]);
}
