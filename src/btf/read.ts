/** Conversion of memory to JavaScript values. */
import { types } from 'node:util';
import { mistake, shown } from '../mistake.js';
import { BtfError } from './error.js';
import { readBits, readInteger } from './integers.js';
import { type ArrayShape, type Bits, isText, type Shape, type StructLayout, sizeOfShape } from './shape.js';

/**
 * A C value in JavaScript:
 * - integers, pointers and enum values without a name: number up to 4 bytes, bigint from 8 bytes, regardless of the
 *   value;
 * - bool: boolean; float and double: number; enum values with a name: that name;
 * - arrays of `char`: the string up to the first NUL, or all of it; other arrays: arrays;
 * - structs and unions: objects with all their members.
 */
export type Value = number | bigint | boolean | string | Value[] | { [member: string]: Value };

/**
 * Reads the value of this shape at `offset` of `bytes`, in little-endian memory, as on all supported machines. A
 * flexible tail reads as an empty array or string: only the caller can know its length.
 *
 * @throws BtfError if the value does not lie inside `bytes`, or is a float of other than 4 or 8 bytes.
 */
export function readValue(shape: Shape, bytes: DataView, offset: number): Value {
  checkRange(shape, bytes, offset);
  return readInside(shape, bytes, offset);
}

/** Throws BtfError unless a value, and thus everything in it, lies inside the bytes. */
export function checkRange(shape: Shape, bytes: DataView, offset: number): void {
  if (!types.isDataView(bytes)) throw mistake('bytes', bytes, 'an instance of DataView');
  const size = sizeOfShape(shape);
  if (Number.isInteger(offset) && offset >= 0 && offset + size <= bytes.byteLength) return;
  throw new BtfError(`a value of ${size} bytes at offset ${shown(offset)} lies outside the ${bytes.byteLength} bytes`);
}

/** Reads a value that is known to lie inside the bytes, or a bit-field. */
export function readInside(shape: Shape, view: DataView, at: number, bits?: Bits): Value {
  switch (shape.kind) {
    case 'int': {
      const value = readNumber(view, at, shape.size, shape.signed, bits);
      return shape.bool ? Number(value) !== 0 : value;
    }
    case 'enum': {
      const value = readNumber(view, at, shape.size, shape.signed, bits);
      return shape.values.get(value) ?? value;
    }
    case 'pointer':
      return readNumber(view, at, shape.size, false);
    case 'float':
      if (shape.size === 4) return view.getFloat32(at, true);
      if (shape.size === 8) return view.getFloat64(at, true);
      throw new BtfError(`a float of ${shape.size} bytes has no JavaScript value`);
    case 'array':
      return isText(shape) ? readText(shape, view, at) : readArray(shape, view, at);
    case 'struct':
    case 'union':
      return readStruct(shape.layout, view, at);
  }
}

function readNumber(view: DataView, at: number, size: number, signed: boolean, bits?: Bits): number | bigint {
  if (!bits) return readInteger(view, at, size, signed);
  const value = readBits(view, at, bits, signed);
  return size > 4 ? value : Number(value);
}

function readText(shape: ArrayShape, view: DataView, at: number): string {
  const text = Buffer.from(view.buffer, view.byteOffset + at, shape.length);
  const end = text.indexOf(0);
  return text.toString('utf8', 0, end < 0 ? text.length : end);
}

function readArray(shape: ArrayShape, view: DataView, at: number): Value[] {
  const step = sizeOfShape(shape.element);
  // An array of empty structs may have any length, without data.
  const length = step === 0 ? 0 : shape.length;
  const values: Value[] = [];
  for (let i = 0; i < length; i++) values.push(readInside(shape.element, view, at + i * step));
  return values;
}

function readStruct(layout: StructLayout, view: DataView, at: number): { [member: string]: Value } {
  // fromEntries instead of assignment: a member may be called __proto__.
  return Object.fromEntries(layout.members.map((member) => [member.name, readMember(member, view, at)]));
}

function readMember(member: StructLayout['members'][number], view: DataView, at: number): Value {
  return readInside(member.type, view, at + member.offset, member.bits);
}
