/** Conversion of JavaScript values to memory. */
import { types } from 'node:util';
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
  type StructLayout,
  type StructShape,
  sizeOfShape,
} from './shape.js';

/**
 * A value that can be written as a C value:
 * - integers, pointers: number or bigint; bool: boolean, 0 or 1; float and double: number;
 * - enums: a name, or any number of the enum's size;
 * - arrays of `char`: a string, or up to as many bytes; arrays of other bytes: bytes or an array; other arrays: an array.
 *   The remainder is zero. A string that fills its array has no NUL, as in C: `char name[4] = "abcd"`. So every text
 *   that was read can be written back, unless it was not UTF-8: such bytes are read as U+FFFD, which is refused, because it
 *   would be stored in their place. Bytes are always exact;
 * - structs: a plain object; omitted or undefined members are zero. Unions: a plain object with one member.
 */
export type Input =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | readonly Input[]
  | { readonly [member: string]: Input | undefined };

/** In place of what is not UTF-8, also of half a surrogate pair. */
const REPLACEMENT = Buffer.from('\ufffd');

/** Maximum number of names in a message. */
const LISTED = 16;

/**
 * Writes a value of this shape at `offset` of `bytes`, in little-endian memory. Padding is zeroed, as keys of maps
 * require. On an error nothing is written.
 *
 * @param name the value's name in messages, followed by the path of the member at fault.
 * @param isWhole whether members of structs, and elements of arrays other than text, must all be there: a key of a map with
 *   something missing would be another key.
 * @throws BtfError if the value does not fit its type, or the type does not lie inside `bytes`.
 */
export function writeValue(
  shape: Shape,
  bytes: DataView,
  offset: number,
  value: Input,
  name = 'value',
  isWhole = false,
): void {
  checkRange(shape, bytes, offset);
  const scratch = new Uint8Array(sizeOfShape(shape));
  write(shape, { view: new DataView(scratch.buffer), at: 0, path: name, isWhole }, value);
  new Uint8Array(bytes.buffer, bytes.byteOffset + offset, scratch.length).set(scratch);
}

/** The destination of a value. */
interface Place {
  readonly view: DataView;
  readonly at: number;
  readonly path: string;
  readonly isWhole: boolean;
  readonly bits?: Bits | undefined;
}

function write(shape: Shape, place: Place, value: Input): void {
  const { view, at, path, bits } = place;
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
      if (shape.size === 4 && Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
        throw new BtfError(`${path}: ${value} is out of range of a float of 4 bytes`);
      if (shape.size === 4) view.setFloat32(at, value, true);
      else if (shape.size === 8) view.setFloat64(at, value, true);
      else throw new BtfError(`${path}: a float of ${shape.size} bytes can't be written`);
      break;
    case 'array':
      writeArray(shape, place, value);
      break;
    case 'struct':
    case 'union':
      writeStruct(shape, place, value);
      break;
  }
}

function integerOf(shape: IntShape | EnumShape | PointerShape, given: Input, path: string, bits: number): bigint {
  let value = given;
  if (shape.kind === 'enum' && typeof given === 'string') {
    const known = shape.names.get(given);
    if (known === undefined)
      throw new BtfError(`${path}: no ${quoted(given)} in ${titleOf(shape)}: it has ${list([...shape.names.keys()])}`);
    // A bit-field may be too small for it.
    value = known;
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
  // Older compilers don't record whether an enum is signed: accept both.
  const lowest = signed || shape.kind === 'enum' ? -(1n << BigInt(bits - 1)) : 0n;
  const highest = isBool ? 1n : (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const integer = BigInt(value);
  if (integer >= lowest && integer <= highest) return integer;
  throw new BtfError(`${path}: ${integer} is out of range: ${lowest} to ${highest}`);
}

function writeArray(shape: ArrayShape, place: Place, value: Input): void {
  const { view, at, path, isWhole } = place;
  const { element, length } = shape;
  if (typeof value === 'string' && isText(shape)) {
    writeText(shape, view, at, value, path);
  } else if (types.isUint8Array(value) && element.kind === 'int' && element.size === 1) {
    if (value.length > length) throw tooLong(path, `${value.length} bytes`, length);
    if (isWhole && value.length < length && !isText(shape)) throw tooShort(path, `${value.length} bytes`, length);
    // set() throws for an array whose memory is gone.
    if (value.length > 0) new Uint8Array(view.buffer).set(value, at);
  } else if (Array.isArray(value)) {
    // Read once: a getter of an element may add others.
    const given = lengthOf(value);
    if (given > length) throw tooLong(path, `${given} elements`, length);
    if (isWhole && given < length) throw tooShort(path, `${given} elements`, length);
    const step = sizeOfShape(element);
    for (let i = 0; i < given; i++)
      write(element, { view, at: at + i * step, path: `${path}[${i}]`, isWhole }, value[i]);
  } else {
    throw mismatch(path, isText(shape) ? 'a string' : 'an array', value);
  }
}

/** The number of elements; a Proxy may claim anything. */
export function lengthOf(array: readonly unknown[]): number {
  const { length } = array;
  return Number.isInteger(length) && length >= 0 ? length : Number.POSITIVE_INFINITY;
}

function writeText(shape: ArrayShape, view: DataView, at: number, value: string, path: string): void {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.includes(0)) throw new BtfError(`${path}: a string can't contain NUL`);
  if (bytes.includes(REPLACEMENT))
    throw new BtfError(`${path}: the text has U+FFFD, which stands for bytes that are not UTF-8: give the bytes`);
  if (bytes.length > shape.length) throw tooLong(path, `${bytes.length} bytes of text`, shape.length);
  new Uint8Array(view.buffer).set(bytes, at);
}

function writeStruct(shape: StructShape, { view, at, path, isWhole }: Place, value: Input): void {
  if (!isPlainObject(value)) throw mismatch(path, 'an object', value);
  const { layout } = shape;
  const given: Member[] = [];
  for (const [name, inner] of Object.entries(value)) {
    const member = layout.members.find((candidate) => candidate.name === name);
    if (!member) {
      const known = list(layout.members.map((candidate) => candidate.name));
      throw new BtfError(`${path}: no member ${quoted(name)} in ${titleOf(layout)}: it has ${known}`);
    }
    if (inner === undefined) continue;
    given.push(member);
    write(member.type, { view, at: at + member.offset, path: `${path}.${name}`, isWhole, bits: member.bits }, inner);
  }
  checkOverlap(given, path);
  if (shape.kind === 'union' && given.length !== 1) {
    throw new BtfError(
      `${path}: give one member of ${titleOf(layout)}: ${list(layout.members.map(({ name }) => name))}`,
    );
  }
  if (isWhole && shape.kind === 'struct') checkWhole(layout, given, path);
}

/** A type in messages. */
const titleOf = ({ kind, name }: StructLayout | EnumShape) => (name === '' ? `this ${kind}` : `${kind} ${name}`);

/** An object of a class, such as a Map, has its contents elsewhere than in properties. */
function isPlainObject(value: Input): value is { readonly [member: string]: Input | undefined } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // Object.prototype may be that of another realm.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value));
}

/** Throws BtfError if a member is missing, and no other is given that shares its bytes. */
function checkWhole(layout: StructLayout, given: readonly Member[], path: string): void {
  for (const member of layout.members) {
    const isThere = given.includes(member) || overlaps([...given, member]) || isEmpty(member);
    if (!isThere) throw new BtfError(`${path}: the member ${quoted(member.name)} of ${titleOf(layout)} is missing`);
  }
}

const isEmpty = ({ type, bits }: Member) => bits === undefined && sizeOfShape(type) === 0;

/** Whether members share bytes. */
export function overlaps(members: readonly Member[]): boolean {
  return overlapOf(members) !== undefined;
}

/**
 * Throws BtfError for overlapping members, of which only one can be written: those of unions, and of structs with an
 * anonymous union.
 */
function checkOverlap(given: readonly Member[], path: string): void {
  const overlap = overlapOf(given);
  if (!overlap) return;
  const [one, other] = overlap;
  throw new BtfError(`${path}: ${quoted(one)} and ${quoted(other)} share their bytes: give one of them`);
}

/** The names of two members that share bits. */
function overlapOf(given: readonly Member[]): [string, string] | undefined {
  const spans = given.map(({ name, offset, bits, type }) => {
    const start = offset * 8 + (bits?.offset ?? 0);
    return { name, start, end: start + (bits?.size ?? sizeOfShape(type) * 8) };
  });
  spans.sort((one, other) => one.start - other.start || one.end - other.end);
  let before: (typeof spans)[number] | undefined;
  for (const span of spans) {
    if (before && span.start < before.end && span.start < span.end) return [before.name, span.name];
    if (!before || span.end > before.end) before = span;
  }
  return undefined;
}

function mismatch(path: string, expected: string, value: unknown): BtfError {
  const got = typeof value === 'string' ? quoted(value) : typeof value === 'number' ? String(value) : nameOfType(value);
  return new BtfError(`${path}: expected ${expected}, got ${got}`);
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (types.isUint8Array(value)) return 'bytes';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `an instance of ${quoted(name).slice(1, -1)}` : 'an object';
}

function tooLong(path: string, what: string, room: number): BtfError {
  return new BtfError(`${path}: ${what} do not fit ${room}`);
}

function tooShort(path: string, what: string, room: number): BtfError {
  return new BtfError(`${path}: ${what}, expected ${room}`);
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const rest = names.length - LISTED;
  const shown = names.slice(0, LISTED).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
