/** Kinds for what not every event has: where it is not given, outputs leave it out. */
import { sizeOfShape } from '../../btf/index.js';
import type { Column, EventRecord } from '../column.js';
import { type Field, type Kind, layoutOfField } from './kind.js';
import { offsetInSpan } from './span.js';

/** Looks up once where it says whether the field is given. */
type IsGiven = (field: Field) => (record: EventRecord) => boolean;

/** The same kind for what need not be there. */
function optional(kind: Kind, isGiven: IsGiven): Kind {
  return (field, context) => {
    const isPresent = isGiven(field);
    return kind(field, context).map((column) => {
      const value = (record: EventRecord) => (isPresent(record) ? column.value(record) : undefined);
      return { ...column, isPresent, value } as Column;
    });
  };
}

/** A number that is not given where all its bits are set: NOT_GIVEN of bpf/include/types.h, and its like of other sizes. */
export const givenNumber = (kind: Kind) =>
  optional(kind, ({ offset, shape }) => {
    const size = sizeOfShape(shape);
    return (record) => {
      const at = record.offset + offset;
      for (let i = 0; i < size; i++) if (record.bytes[at + i] !== 0xff) return true;
      return false;
    };
  });

/** A struct snoop_span that is not given where it lies nowhere. */
export const givenSpan = (kind: Kind) =>
  optional(kind, (field) => {
    const at = field.offset + offsetInSpan(layoutOfField(field));
    return ({ view, offset }) => view.getUint32(offset + at, true) !== 0;
  });
