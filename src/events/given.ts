/** Kinds for what not every event has: where it is not given, outputs leave it out. */
import { sizeOfShape } from '../btf/index.js';
import type { Column, EventRecord } from './column.js';
import { type ColumnMaker, type Field, layoutOfField } from './kind.js';
import { offsetInSpan } from './span.js';

/** Looks up once where it says whether the field is given. */
type IsGiven = (field: Field) => (record: EventRecord) => boolean;

/** Makes the columns absent in events where the field is not given. */
function optional(columns: ColumnMaker, isGiven: IsGiven): ColumnMaker {
  return (field, context, options) => {
    const isPresent = isGiven(field);
    return columns(field, context, options).map((column) => {
      const value = (record: EventRecord) => (isPresent(record) ? column.value(record) : undefined);
      return { ...column, isPresent, value } as Column;
    });
  };
}

/** A number that is not given where all its bits are set: NOT_GIVEN of bpf/include/types.h, and its like of other sizes. */
export const givenNumber = (columns: ColumnMaker) =>
  optional(columns, ({ offset, shape }) => {
    const size = sizeOfShape(shape);
    return (record) => {
      const at = record.offset + offset;
      for (let i = 0; i < size; i++) if (record.bytes[at + i] !== 0xff) return true;
      return false;
    };
  });

/** A struct snoop_span that is not given where it lies nowhere. */
export const givenSpan = (columns: ColumnMaker) =>
  optional(columns, (field) => {
    const at = field.offset + offsetInSpan(layoutOfField(field));
    return ({ view, offset }) => view.getUint32(offset + at, true) !== 0;
  });
