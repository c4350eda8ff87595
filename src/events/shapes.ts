import type { Member } from '../btf/index.js';
import { flagsColumns } from './flags.js';
import { type ColumnMaker, type Kind, text } from './kind.js';
import { bitsColumns, enumColumns, integerColumns, valueColumns } from './numbers.js';

/** A char array: up to its NUL. */
export const charsColumns: ColumnMaker = (field) => {
  const size = field.shape.kind === 'array' ? field.shape.length : 0;
  return [
    text(field.name, Math.min(size, 16), (record, span) => {
      const start = record.offset + field.offset;
      let end = start;
      while (end < start + size && record.bytes[end] !== 0) end++;
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
export function kindOfShape({ type, bits }: Member): Kind | undefined {
  if (bits) return { columns: bitsColumns(bits) };
  switch (type.kind) {
    case 'int':
    case 'pointer':
      return INTEGER;
    case 'enum':
      return type.size < 8 && type.name.endsWith('_flags') ? FLAGS : ENUM;
    case 'array':
      return type.element.kind === 'int' && type.element.char ? CHARS : VALUE;
    case 'struct':
      return undefined;
    default:
      return VALUE;
  }
}
