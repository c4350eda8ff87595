import type { PlainColumn } from '../column.js';
import { givenNumber } from '../given.js';
import { type ColumnMaker, type Field, type Kinds, plain, unlessZero } from '../kind.js';

/** snoop_count: eight bytes of which a double holds every value that there will ever be; a number, then, in JSON. */
const countColumns: ColumnMaker = (field) => [countColumn(field)];

/** snoop_known_count: the same; not there when it is not known, which is 0. */
const knownCountColumns: ColumnMaker = (field) => [unlessZero(field, countColumn(field))];

function countColumn(field: Field): PlainColumn {
  return plain({
    name: field.name,
    json: 'integer',
    type: 'number',
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

export const KINDS: Kinds = {
  snoop_count: { columns: countColumns, isInPlace: true },
  snoop_known_count: { columns: knownCountColumns, isInPlace: true },
  snoop_given_size: { columns: givenNumber(countColumns), isInPlace: true },
};
