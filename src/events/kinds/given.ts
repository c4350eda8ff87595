/** Kinds for what not every event has: where it is not given, outputs leave it out. */
import { sizeOfShape } from '../../btf/index.js';
import type { Column, EventRecord } from '../column.js';
import type { Field, Kind } from './kind.js';

type IsGiven = (record: EventRecord, field: Field) => boolean;

/** The same kind for what need not be there. */
function optional(kind: Kind, isGiven: IsGiven): Kind {
  return (field, context) => {
    const isPresent = (record: EventRecord) => isGiven(record, field);
    return kind(field, context).map((column) => {
      const value = (record: EventRecord) => (isPresent(record) ? column.value(record) : undefined);
      return { ...column, isPresent, value } as Column;
    });
  };
}

/** A number that is not given where all its bits are set. */
export const givenNumber = (kind: Kind) =>
  optional(kind, (record, { offset, shape }) => {
    const at = record.offset + offset;
    for (let i = 0; i < sizeOfShape(shape); i++) if (record.bytes[at + i] !== 0xff) return true;
    return false;
  });

/** A struct snoop_span that is not given where it lies nowhere. */
export const givenSpan = (kind: Kind) =>
  optional(kind, (record, { offset }) => record.view.getUint32(record.offset + offset, true) !== 0);
