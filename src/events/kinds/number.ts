import { type Bits, readValue, type Shape } from '../../btf/index.js';
import { bytesOfBits } from '../../btf/shape.js';
import type { EventRecord, JsonType, PlainColumn } from '../column.js';
import type { OutputBuffer } from '../output-buffer.js';
import { type Field, type Kind, plain, unlessZero } from './kind.js';

type IntShape = Extract<Shape, { kind: 'int' }>;

/** Reads an integer of up to four bytes. */
export function integerReader(field: Field): (record: EventRecord) => number {
  const { offset, shape } = field;
  const signed = 'signed' in shape && shape.signed;
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
const wideKind: Kind = (field) => {
  const signed = 'signed' in field.shape && field.shape.signed;
  return [
    plain({
      name: field.name,
      json: 'string',
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

/** snoop_count: eight bytes of which a double holds every value that there will ever be; a number, then, in JSON. */
export const countKind: Kind = (field) => [countColumn(field)];

/** snoop_known_count: the same; not there when it is not known, which is 0. */
export const knownCountKind: Kind = (field) => [unlessZero(field, countColumn(field))];

function countColumn(field: Field): PlainColumn {
  return plain({
    name: field.name,
    json: 'integer',
    width: 10,
    least: 8,
    align: 'right',
    value: (record) => Number(record.view.getBigUint64(record.offset + field.offset, true)),
    write: (record, out) => {
      const at = record.offset + field.offset;
      out.unsigned64(record.view.getUint32(at, true), record.view.getUint32(at + 4, true));
    },
  });
}

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
export const integerKind: Kind = (field, context) => {
  const shape = field.shape as IntShape;
  if (shape.size === 8) return wideKind(field, context);
  if (shape.size > 8) return valueKind(field, context);
  const read = integerReader(field);
  if (shape.bool) {
    return [
      plain({
        name: field.name,
        json: 'boolean',
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
    width,
    align: 'left',
    value: (record) => name(read(record)),
    write: (record, out) => out.ascii(name(read(record))),
  });
}

const WIDEST_ENUM = 14;
/** CLOSE_WAIT has one more, and ESTABLISHED two. */
const LEAST_ENUM = 9;

/** An enum: its name from the running kernel's BTF where it has that enum, else from the object's; the number where it has none. */
export const enumKind: Kind = (field, context) => {
  const shape = field.shape as Extract<Shape, { kind: 'enum' }>;
  if (shape.size === 8) return valueKind(field, context);
  const nameOf = (value: number) => context.enumName(shape.name, value) ?? shape.values.get(value) ?? String(value);
  const width = Math.max(...[...shape.values.values()].map(({ length }) => length));
  return [{ ...namedValues(field, Math.min(width, WIDEST_ENUM), nameOf), least: Math.min(width, LEAST_ENUM) }];
};

/** A bit-field of an integer. */
export function bitsKind(bits: Bits): Kind {
  return (field) => {
    const size = bytesOfBits(bits);
    const signed = 'signed' in field.shape && field.shape.signed;
    const value = (record: EventRecord) => {
      let raw = 0n;
      for (let i = 0; i < size; i++)
        raw |= BigInt(record.view.getUint8(record.offset + field.offset + i)) << BigInt(8 * i);
      raw >>= BigInt(bits.offset);
      return signed ? BigInt.asIntN(bits.size, raw) : BigInt.asUintN(bits.size, raw);
    };
    const isWide = bits.size > 53;
    return [
      plain({
        name: field.name,
        json: isWide ? 'string' : 'integer',
        ...(isWide && { jsonSchema: { pattern: signed ? '^-?[0-9]+$' : '^[0-9]+$' } }),
        width: 7,
        align: 'right',
        value: isWide ? value : (record) => Number(value(record)),
        write: (record, out) => out.ascii(value(record).toString()),
      }),
    ];
  };
}

/** A value as JSON has it, with 64-bit integers as strings and bytes as numbers. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? [...value] : value;
}

/** Anything else, by its type: arrays, floats, unions. Slow, and complete. */
export const valueKind: Kind = (field) => {
  const { shape } = field;
  const json: JsonType = shape.kind === 'float' ? 'number' : shape.kind === 'array' ? 'array' : 'any';
  const value = (record: EventRecord) => readValue(shape, record.view, record.offset + field.offset);
  const write = (record: EventRecord, out: OutputBuffer) => {
    const written = JSON.stringify(value(record), toJson);
    // Escaped beyond ASCII, so that it is harmless everywhere.
    out.ascii(written.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
  };
  return [plain({ name: field.name, json, width: 12, align: 'left', value, write })];
};
