import { isText, type Member } from '../btf/index.js';
import { flagsColumns } from './flags.js';
import { type ColumnMaker, type Kind, text } from './kind.js';
import { bitsColumns, enumColumns, integerColumns, valueColumns } from './numbers.js';

const WIDEST_TEXT = 16;

/** A char array: up to its NUL, or the end of the record. */
export const charsColumns: ColumnMaker = ({ name, offset, shape }) => {
  const isTail = shape.kind === 'array' && shape.flexible;
  const size = shape.kind === 'array' ? shape.length : 0;
  return [
    text(name, isTail ? WIDEST_TEXT : Math.min(size, WIDEST_TEXT), (record, span) => {
      const start = record.offset + offset;
      const limit = isTail ? record.offset + record.length : start + size;
      let end = start;
      while (end < limit && record.bytes[end] !== 0) end++;
      span.set(record.bytes, start, end);
    }),
  ];
};

const CHARS: Kind = { columns: charsColumns, isInPlace: true };
const ENUM: Kind = { columns: enumColumns, isInPlace: true };
const FLAGS: Kind = { columns: flagsColumns, isInPlace: true };
const INTEGER: Kind = { columns: integerColumns, isInPlace: true };
const VALUE: Kind = { columns: valueColumns };

/** The kind of a member by its C type; undefined for a struct, whose members have columns of their own. */
export function kindOfShape({ bits, ...rest }: Member): Kind | undefined {
  const { type } = rest;
  if (bits) {
    const isNumber = type.kind !== 'enum' && !(type.kind === 'int' && type.bool);
    if (isNumber || ('size' in type && type.size === 8)) return { columns: bitsColumns(bits) };
    // Not in place: its bytes are those of other members, too.
    return { columns: (kindOfShape(rest) as Kind).columns };
  }
  switch (type.kind) {
    case 'int':
    case 'pointer':
      return INTEGER;
    case 'enum':
      return type.size < 8 && type.name.endsWith('_flags') ? FLAGS : ENUM;
    case 'array':
      if (!isText(type)) return VALUE;
      return type.flexible ? { columns: charsColumns } : CHARS;
    case 'struct':
      return undefined;
    default:
      return VALUE;
  }
}
