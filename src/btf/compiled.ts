/**
 * Readers and writers made once for a shape, for memory that is accessed often. The results are those of `readValue` and
 * `writeValue`, which handle everything unusual, and so all errors.
 */
import { readInside, type Value } from './read.js';
import {
  type ArrayShape,
  type Bits,
  isText,
  type Member,
  type Shape,
  type StructLayout,
  sizeOfShape,
} from './shape.js';
import { type Input, lengthOf, overlaps, writeValue } from './write.js';

/**
 * Memory as readers and writers use it: views of the same bytes. V8 compiles an element of an array to a load, and a
 * method of a DataView to a call: these are for values that are not aligned.
 */
export interface Memory {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly words: Uint32Array;
  readonly signedWords: Int32Array;
  readonly longs: BigUint64Array;
  readonly signedLongs: BigInt64Array;
}

/** Views of a whole buffer, whose size is a multiple of 8. */
export const memoryOf = (buffer: ArrayBuffer): Memory => ({
  bytes: Buffer.from(buffer),
  view: new DataView(buffer),
  words: new Uint32Array(buffer),
  signedWords: new Int32Array(buffer),
  longs: new BigUint64Array(buffer),
  signedLongs: new BigInt64Array(buffer),
});

/** Reads a value at an offset, which is known to lie inside the memory. */
export type Reader = (memory: Memory, at: number) => Value;
/** Writes a value at an offset, which is known to lie inside the memory. Padding is zeroed. Throws BtfError. */
export type Writer = (memory: Memory, at: number, value: Input) => void;
/** Writes into zeroed memory. Returns false for a value that is not usual, or wrong; then some of it may be written. */
type Attempt = (memory: Memory, at: number, value: Input) => boolean;

/** Longest text that is copied by a loop, which is faster than a call into V8. */
const SHORT_TEXT = 64;

/** Returns the reader of a shape, or of a bit-field of it. */
export function readerOf(shape: Shape, bits?: Bits): Reader {
  const generic: Reader = (memory, at) => readInside(shape, memory.view, at, bits);
  if (bits) return generic;
  switch (shape.kind) {
    case 'int': {
      const read = integerReader(shape.size, shape.signed);
      return !read || shape.bool ? generic : read;
    }
    case 'pointer':
      return integerReader(shape.size, false) ?? generic;
    case 'enum': {
      const read = integerReader(shape.size, shape.signed);
      const { values } = shape;
      if (!read) return generic;
      return (memory, at) => {
        const value = read(memory, at);
        return values.get(value) ?? value;
      };
    }
    case 'array':
      return isText(shape) ? textReader(shape) : arrayReader(shape);
    case 'struct':
    case 'union':
      // Assigning to this name would set the prototype.
      return shape.layout.members.some(({ name }) => name === '__proto__') ? generic : structReader(shape.layout);
    default:
      return generic;
  }
}

function integerReader(size: number, signed: boolean): ((memory: Memory, at: number) => number | bigint) | undefined {
  switch (size) {
    case 1:
      return signed ? ({ view }, at) => view.getInt8(at) : ({ view }, at) => view.getUint8(at);
    case 2:
      return signed ? ({ view }, at) => view.getInt16(at, true) : ({ view }, at) => view.getUint16(at, true);
    case 4:
      return signed
        ? (memory, at) => (at & 3 ? memory.view.getInt32(at, true) : (memory.signedWords[at >> 2] as number))
        : (memory, at) => (at & 3 ? memory.view.getUint32(at, true) : (memory.words[at >> 2] as number));
    case 8:
      return signed
        ? (memory, at) => (at & 7 ? memory.view.getBigInt64(at, true) : (memory.signedLongs[at >> 3] as bigint))
        : (memory, at) => (at & 7 ? memory.view.getBigUint64(at, true) : (memory.longs[at >> 3] as bigint));
    default:
      return undefined;
  }
}

function textReader({ length }: ArrayShape): Reader {
  return ({ bytes }, at) => {
    const limit = at + length;
    let end = at;
    while (end < limit && bytes[end] !== 0) end++;
    return bytes.toString('utf8', at, end);
  };
}

function arrayReader({ element, length }: ArrayShape): Reader {
  const step = sizeOfShape(element);
  const read = readerOf(element);
  // An array of empty structs may claim any length: there is nothing to read.
  const count = step === 0 ? 0 : length;
  return (memory, at) => {
    const values: Value[] = [];
    for (let i = 0; i < count; i++) values.push(read(memory, at + i * step));
    return values;
  };
}

function structReader({ members }: StructLayout): Reader {
  const fields = members.map(({ name, offset, type, bits }) => ({ name, offset, read: readerOf(type, bits) }));
  return (memory, at) => {
    const values: { [member: string]: Value } = {};
    for (const { name, offset, read } of fields) values[name] = read(memory, at + offset);
    return values;
  };
}

/** Returns the writer of a shape. `name` and `isWhole` are those of `writeValue`. */
export function writerOf(shape: Shape, name = 'value', isWhole = false): Writer {
  const attempt = attemptOf(shape, isWhole);
  const size = sizeOfShape(shape);
  const isCleared = shape.kind === 'array' || shape.kind === 'struct' || shape.kind === 'union';
  if (!attempt) return ({ view }, at, value) => writeValue(shape, view, at, value, name, isWhole);
  return (memory, at, value) => {
    if (isCleared) clear(memory, at, size);
    if (!attempt(memory, at, value)) writeValue(shape, memory.view, at, value, name, isWhole);
  };
}

function clear({ bytes, words }: Memory, at: number, size: number): void {
  const end = at + size;
  if (size > SHORT_TEXT) {
    bytes.fill(0, at, end);
    return;
  }
  let i = at;
  if ((at & 3) === 0) for (; i + 4 <= end; i += 4) words[i >> 2] = 0;
  for (; i < end; i++) bytes[i] = 0;
}

function attemptOf(shape: Shape, isWhole: boolean): Attempt | undefined {
  switch (shape.kind) {
    case 'int':
      return shape.bool ? undefined : integerAttempt(shape.size, shape.signed);
    case 'pointer':
      return integerAttempt(shape.size, false);
    case 'enum': {
      const write = integerAttempt(shape.size, shape.signed);
      const { names } = shape;
      return (
        write &&
        ((memory, at, value) => write(memory, at, typeof value === 'string' ? (names.get(value) ?? value) : value))
      );
    }
    case 'array':
      return isText(shape) ? textAttempt(shape) : arrayAttempt(shape, isWhole);
    case 'struct':
      return structAttempt(shape.layout, isWhole);
    default:
      return undefined;
  }
}

/** Numbers up to 4 bytes, bigints of 8. */
function integerAttempt(size: number, signed: boolean): Attempt | undefined {
  if (size === 8) {
    return signed
      ? (memory, at, value) => {
          if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false;
          if (at & 7) memory.view.setBigInt64(at, value, true);
          else memory.signedLongs[at >> 3] = value;
          return true;
        }
      : (memory, at, value) => {
          if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) return false;
          if (at & 7) memory.view.setBigUint64(at, value, true);
          else memory.longs[at >> 3] = value;
          return true;
        };
  }
  const set = setterOf(size);
  const lowest = signed ? -(2 ** (8 * size - 1)) : 0;
  const highest = 2 ** (8 * size - (signed ? 1 : 0)) - 1;
  return (
    set &&
    ((memory, at, value) => {
      if (!Number.isInteger(value) || (value as number) < lowest || (value as number) > highest) return false;
      set(memory, at, value as number);
      return true;
    })
  );
}

/** Negative numbers are written as two's complement. */
function setterOf(size: number): ((memory: Memory, at: number, value: number) => void) | undefined {
  switch (size) {
    case 1:
      return ({ bytes }, at, value) => {
        bytes[at] = value;
      };
    case 2:
      return ({ view }, at, value) => view.setUint16(at, value, true);
    case 4:
      return (memory, at, value) => {
        if (at & 3) memory.view.setUint32(at, value, true);
        else memory.words[at >> 2] = value;
      };
    default:
      return undefined;
  }
}

/** Short ASCII text that leaves room for its NUL. */
function textAttempt({ length }: ArrayShape): Attempt {
  return ({ bytes }, at, value) => {
    if (typeof value !== 'string' || value.length >= length || value.length > SHORT_TEXT) return false;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === 0 || code > 0x7f) return false;
      bytes[at + i] = code;
    }
    return true;
  };
}

function arrayAttempt({ element, length }: ArrayShape, isWhole: boolean): Attempt | undefined {
  const step = sizeOfShape(element);
  const write = attemptOf(element, isWhole);
  const least = isWhole ? length : 0;
  return (
    write &&
    ((memory, at, value) => {
      if (!Array.isArray(value)) return false;
      // Read once: a getter of an element may add others.
      const given = lengthOf(value);
      if (given > length || given < least) return false;
      for (let i = 0; i < given; i++) if (!write(memory, at + i * step, value[i])) return false;
      return true;
    })
  );
}

function structAttempt({ members }: StructLayout, isWhole: boolean): Attempt | undefined {
  if (overlaps(members)) return undefined;
  const fields = members.map((member) => fieldOf(member, isWhole));
  const least = isWhole ? fields.length : 0;
  const byName = new Map(fields.map((field) => [field.name, field]));
  return (memory, at, value) => {
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
    const given = value as { readonly [member: string]: Input | undefined };
    let next = 0;
    let written = 0;
    // V8 reads the members of a for-in loop without looking them up.
    for (const name in given) {
      const inner = given[name];
      const expected = fields[next++];
      const field = expected?.name === name ? expected : byName.get(name);
      if (!field) return false;
      if (inner === undefined) continue;
      if (!field.write(memory, at + field.offset, inner)) return false;
      written++;
    }
    return written >= least;
  };
}

function fieldOf(
  { name, type, offset, bits }: Member,
  isWhole: boolean,
): { name: string; offset: number; write: Attempt } {
  const write = bits ? undefined : attemptOf(type, isWhole);
  return { name, offset, write: write ?? (() => false) };
}
