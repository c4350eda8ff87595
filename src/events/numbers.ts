import { type Bits, readValue, type Shape, sizeOfShape } from '../btf/index.js';
import { readBits } from '../btf/integers.js';
import type { ArrayShape, EnumShape } from '../btf/shape.js';
import { isBytes } from '../mistake.js';
import type { EventRecord, PlainColumn } from './column.js';
import type { EventContext } from './context.js';
import { type ColumnMaker, type Field, plain } from './kind.js';
import type { OutputBuffer } from './output-buffer.js';

type IntShape = Extract<Shape, { kind: 'int' }>;

/** Reads an integer of up to four bytes. */
export function integerReader(field: Field): (record: EventRecord) => number {
  const { offset, shape, bits } = field;
  const signed = 'signed' in shape && shape.signed;
  if (bits) return (r) => Number(readBits(r.view, r.offset + offset, bits, signed));
  switch ('size' in shape ? shape.size : 0) {
    case 1:
      return signed ? (r) => r.view.getInt8(r.offset + offset) : (r) => r.view.getUint8(r.offset + offset);
    case 2:
      return signed
        ? (r) => r.view.getInt16(r.offset + offset, true)
        : (r) => r.view.getUint16(r.offset + offset, true);
    default:
      return signed
        ? (r) => r.view.getInt32(r.offset + offset, true)
        : (r) => r.view.getUint32(r.offset + offset, true);
  }
}

/** Integers of eight bytes: strings in JSON, always, since a double can't hold them all. */
const wideColumns: ColumnMaker = (field) => {
  const signed = 'signed' in field.shape && field.shape.signed;
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'bigint',
      isWide: true,
      jsonSchema: { pattern: signed ? '^-?[0-9]+$' : '^[0-9]+$' },
      width: 12,
      align: 'right',
      value: (r) =>
        signed ? r.view.getBigInt64(r.offset + field.offset, true) : r.view.getBigUint64(r.offset + field.offset, true),
      write: (r, out) => {
        const at = r.offset + field.offset;
        const low = r.view.getUint32(at, true);
        const high = r.view.getUint32(at + 4, true);
        if (signed && high >= 0x80000000) {
          out.byte(45);
          const negated = low === 0 ? 0 : 0x100000000 - low;
          out.unsigned64(negated, (0xffffffff - high + (low === 0 ? 1 : 0)) >>> 0);
        } else {
          out.unsigned64(low, high);
        }
      },
    }),
  ];
};

/** A column of an integer of up to four bytes, which people may see as something else. */
export function integerColumn(
  field: Field,
  width: number,
  forPeople?: (value: number) => string | undefined,
): PlainColumn {
  const read = integerReader(field);
  const column = plain({
    name: field.name,
    json: 'integer',
    type: 'number',
    width,
    align: 'right',
    value: read,
    write: (record, out) => out.integer(read(record)),
  });
  if (!forPeople) return column;
  const writeForPeople: PlainColumn['write'] = (record, out) => {
    const value = read(record);
    const text = forPeople(value);
    if (text === undefined) out.integer(value);
    else out.ascii(text);
  };
  return { ...column, writeForPeople };
}

/** An integer without any meaning but its value, or a bool. */
export const integerColumns: ColumnMaker = (field, context, options) => {
  const shape = field.shape as IntShape;
  if (shape.size === 8) return wideColumns(field, context, options);
  if (shape.size > 8) return valueColumns(field, context, options);
  const read = integerReader(field);
  if (shape.bool) {
    return [
      plain({
        name: field.name,
        json: 'boolean',
        type: 'boolean',
        width: 5,
        align: 'left',
        value: (record) => read(record) !== 0,
        write: (record, out) => out.ascii(read(record) !== 0 ? 'true' : 'false'),
      }),
    ];
  }
  return [integerColumn(field, 7)];
};

/** Values that have names: each is looked up once. */
export function namedValues(field: Field, width: number, nameOf: (value: number) => string): PlainColumn {
  const read = integerReader(field);
  const names = new Map<number, string>();
  const name = (value: number) => {
    let known = names.get(value);
    if (known === undefined) {
      known = nameOf(value);
      names.set(value, known);
    }
    return known;
  };
  return plain({
    name: field.name,
    json: 'string',
    type: 'string',
    width,
    align: 'left',
    value: (record) => name(read(record)),
    write: (record, out) => out.ascii(name(read(record))),
  });
}

const WIDEST_ENUM = 14;
/** CLOSE_WAIT has one more, and ESTABLISHED two. */
const LEAST_ENUM = 9;

/**
 * Whether the kernel's enum of this name is the object's: some value has the same name in both. A program's own `enum state`
 * is not the kernel's, which is of its initramfs.
 */
const isOfKernel = ({ name, values }: EnumShape, context: EventContext) =>
  [...values].some(([value, own]) => context.enumName(name, Number(value)) === own);

/** An enum: its name from the running kernel's BTF where it has that enum, else from the object's; the number where it has none. */
export const enumColumns: ColumnMaker = (field, context, options) => {
  const shape = field.shape as EnumShape;
  if (shape.size === 8) return valueColumns(field, context, options);
  const { name, values } = shape;
  // Asked with the first event: the kernel's BTF is large.
  let ofKernel: boolean | undefined;
  const nameOf = (value: number) => {
    ofKernel ??= isOfKernel(shape, context);
    return (ofKernel ? context.enumName(name, value) : undefined) ?? values.get(value) ?? String(value);
  };
  const width = Math.max(...[...values.values()].map(({ length }) => length));
  return [{ ...namedValues(field, Math.min(width, WIDEST_ENUM), nameOf), least: Math.min(width, LEAST_ENUM) }];
};

/** A bit-field of an integer. */
export function bitsColumns(bits: Bits): ColumnMaker {
  return (field) => {
    const signed = 'signed' in field.shape && field.shape.signed;
    const value = (record: EventRecord) => readBits(record.view, record.offset + field.offset, bits, signed);
    const shown = {
      name: field.name,
      width: 7,
      align: 'right',
      write: (record: EventRecord, out: OutputBuffer) => out.ascii(value(record).toString()),
    } as const;
    if (bits.size <= 53)
      return [plain({ ...shown, json: 'integer', type: 'number', value: (record) => Number(value(record)) })];
    const pattern = signed ? '^-?[0-9]+$' : '^[0-9]+$';
    return [plain({ ...shown, json: 'string', type: 'bigint', isWide: true, jsonSchema: { pattern }, value })];
  };
}

/** A value as JSON has it, with 64-bit integers as strings and bytes as numbers. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return isBytes(value) ? [...value] : value;
}

/** The shape of a flexible tail in a record, whose length tells that of the array. */
function tailOf(shape: ArrayShape, bytes: number): ArrayShape {
  const step = sizeOfShape(shape.element);
  return { ...shape, length: step === 0 ? 0 : Math.max(0, Math.floor(bytes / step)) };
}

/** Anything else, by its type: arrays, floats, unions. Slow, and complete. */
export const valueColumns: ColumnMaker = ({ shape, ...field }) => {
  const shapeIn = (record: EventRecord) =>
    shape.kind === 'array' && shape.flexible ? tailOf(shape, record.length - field.offset) : shape;
  const value = (record: EventRecord) => readValue(shapeIn(record), record.view, record.offset + field.offset);
  const write = (record: EventRecord, out: OutputBuffer) => {
    const written = JSON.stringify(value(record), toJson);
    // Escaped beyond ASCII, so that it is harmless everywhere.
    out.ascii(written.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
  };
  const shown = { name: field.name, width: 12, align: 'left', write } as const;
  if (shape.kind === 'float')
    return [plain({ ...shown, json: 'number', type: 'number', value: (record) => value(record) as number })];
  return [plain({ ...shown, json: shape.kind === 'array' ? 'array' : 'any', type: 'Value', value })];
};
