/** From JavaScript values to memory. */
import { BtfError, quoted } from './error.js';
import { writeBits, writeInteger } from './integers.js';
import { checkRange } from './read.js';
import {
  type ArrayShape,
  type Bits,
  type EnumShape,
  type IntShape,
  isText,
  type Member,
  type PointerShape,
  type Shape,
  type StructShape,
  sizeOfShape,
} from './shape.js';

/**
 * What can be written as a C value:
 * - integers, pointers: number or bigint; bool: boolean, 0 or 1; float and double: number;
 * - enums: a name, or any number of the enum's size;
 * - arrays of `char`: a string that leaves room for its NUL, or up to as many bytes; arrays of other bytes: bytes or an
 *   array; other arrays: an array. What they leave is zero;
 * - structs: an object; members that it leaves out, or has as undefined, are zero. Unions: an object with one member.
 */
export type Input =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly Input[]
  | { readonly [member: string]: Input | undefined };

/** How many names a message lists. */
const LISTED = 16;

/**
 * Writes a value of this shape at `offset` of `bytes`, in little-endian memory. Padding is zeroed, as the keys of maps
 * need it. On an error nothing is written.
 *
 * @param name what messages call the value; they add the path to the member at fault.
 * @throws BtfError when the value does not fit its type, or the type does not lie inside `bytes`.
 */
export function writeValue(shape: Shape, bytes: DataView, offset: number, value: Input, name = 'value'): void {
  checkRange(shape, bytes, offset);
  const scratch = new Uint8Array(sizeOfShape(shape));
  write(shape, new DataView(scratch.buffer), 0, value, name);
  new Uint8Array(bytes.buffer, bytes.byteOffset + offset, scratch.length).set(scratch);
}

function write(shape: Shape, view: DataView, at: number, value: Input, path: string, bits?: Bits): void {
  switch (shape.kind) {
    case 'int':
    case 'enum':
    case 'pointer': {
      const integer = integerOf(shape, value, path, bits?.size ?? shape.size * 8);
      if (bits) writeBits(view, at, bits, integer);
      else writeInteger(view, at, shape.size, integer);
      break;
    }
    case 'float':
      if (typeof value !== 'number') throw mismatch(path, 'a number', value);
      if (shape.size === 4) view.setFloat32(at, value, true);
      else if (shape.size === 8) view.setFloat64(at, value, true);
      else throw new BtfError(`${path}: a float of ${shape.size} bytes can't be written`);
      break;
    case 'array':
      writeArray(shape, view, at, value, path);
      break;
    case 'struct':
    case 'union':
      writeStruct(shape, view, at, value, path);
      break;
  }
}

function integerOf(shape: IntShape | EnumShape | PointerShape, value: Input, path: string, bits: number): bigint {
  if (shape.kind === 'enum' && typeof value === 'string') {
    const known = shape.names.get(value);
    if (known !== undefined) return BigInt(known);
    throw new BtfError(`${path}: no ${quoted(value)} in enum ${shape.name}: it has ${list([...shape.names.keys()])}`);
  }
  const isBool = shape.kind === 'int' && shape.bool;
  if (isBool && typeof value === 'boolean') return value ? 1n : 0n;
  const expected = shape.kind === 'enum' ? 'a name or an integer' : isBool ? 'a boolean' : 'an integer';
  if (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value))) {
    throw mismatch(path, expected, value);
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new BtfError(`${path}: ${value} exceeds 2^53, where numbers are inexact: use a bigint`);
  }
  const signed = shape.kind !== 'pointer' && shape.signed;
  // Whether an enum is signed, older compilers don't say: take both.
  const lowest = signed || shape.kind === 'enum' ? -(1n << BigInt(bits - 1)) : 0n;
  const highest = isBool ? 1n : (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const integer = BigInt(value);
  if (integer >= lowest && integer <= highest) return integer;
  throw new BtfError(`${path}: ${integer} is out of range: ${lowest} to ${highest}`);
}

function writeArray(shape: ArrayShape, view: DataView, at: number, value: Input, path: string): void {
  const { element } = shape;
  if (typeof value === 'string' && isText(shape)) {
    writeText(shape, view, at, value, path);
  } else if (value instanceof Uint8Array && element.kind === 'int' && element.size === 1) {
    if (value.length > shape.length) throw tooLong(path, `${value.length} bytes`, shape.length);
    new Uint8Array(view.buffer).set(value, at);
  } else if (Array.isArray(value)) {
    if (value.length > shape.length) throw tooLong(path, `${value.length} elements`, shape.length);
    const step = sizeOfShape(element);
    for (let i = 0; i < value.length; i++) write(element, view, at + i * step, value[i], `${path}[${i}]`);
  } else {
    throw mismatch(path, isText(shape) ? 'a string' : 'an array', value);
  }
}

function writeText(shape: ArrayShape, view: DataView, at: number, value: string, path: string): void {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.includes(0)) throw new BtfError(`${path}: a string can't contain NUL`);
  // The NUL is for C: what searches the array for it must not run on into what follows.
  if (bytes.length > 0 && bytes.length >= shape.length) {
    throw tooLong(path, `a string of ${bytes.length} bytes and its NUL`, shape.length);
  }
  new Uint8Array(view.buffer).set(bytes, at);
}

function writeStruct(shape: StructShape, view: DataView, at: number, value: Input, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw mismatch(path, 'an object', value);
  }
  const { layout } = shape;
  const given: Member[] = [];
  for (const [name, inner] of Object.entries(value)) {
    const member = layout.members.find((candidate) => candidate.name === name);
    if (!member) {
      const known = list(layout.members.map((candidate) => candidate.name));
      throw new BtfError(`${path}: no member ${quoted(name)} in ${shape.kind} ${layout.name}: it has ${known}`);
    }
    if (inner === undefined) continue;
    given.push(member);
    write(member.type, view, at + member.offset, inner, `${path}.${name}`, member.bits);
  }
  checkOverlap(given, path);
  if (shape.kind === 'union' && given.length !== 1) {
    throw new BtfError(
      `${path}: give one member of union ${layout.name}: ${list(layout.members.map(({ name }) => name))}`,
    );
  }
}

/** Members overlap in unions, and in structs with an anonymous union in them: of those, one can be written. */
function checkOverlap(given: readonly Member[], path: string): void {
  const spans = given.map(({ name, offset, bits, type }) => {
    const start = offset * 8 + (bits?.offset ?? 0);
    return { name, start, end: start + (bits?.size ?? sizeOfShape(type) * 8) };
  });
  spans.sort((one, other) => one.start - other.start || one.end - other.end);
  let before: (typeof spans)[number] | undefined;
  for (const span of spans) {
    if (before && span.start < before.end && span.start < span.end) {
      throw new BtfError(
        `${path}: ${quoted(before.name)} and ${quoted(span.name)} share their bytes: give one of them`,
      );
    }
    if (!before || span.end > before.end) before = span;
  }
}

function mismatch(path: string, expected: string, value: unknown): BtfError {
  const got = typeof value === 'string' ? quoted(value) : typeof value === 'number' ? String(value) : nameOfType(value);
  return new BtfError(`${path}: expected ${expected}, got ${got}`);
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function tooLong(path: string, what: string, room: number): BtfError {
  return new BtfError(`${path}: ${what} do not fit ${room}`);
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const rest = names.length - LISTED;
  const shown = names.slice(0, LISTED).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
