import { BtfError, memberOf } from '../../btf/index.js';
import { signalCodeName, signalName } from '../../kernel/signals.js';
import type { EventRecord } from '../column.js';
import { type ColumnMaker, type Kinds, layoutOfField, plain } from '../kind.js';
import { integerReader, namedValues } from '../numbers.js';
import { errorName } from './syscall.js';

/** snoop_signal: its name; not there when there was none. */
const signalColumns: ColumnMaker = (field) => {
  const read = integerReader(field);
  const name = (number: number) => (number === 0 ? undefined : signalName(number));
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'string',
      width: 9,
      least: 7,
      align: 'left',
      value: (record) => name(read(record)),
      write: (record, out) => out.ascii(name(read(record)) ?? ''),
      isPresent: (record) => read(record) !== 0,
    }),
  ];
};

/** snoop_signal_code: its name; not there when there was no signal. */
const signalCodeColumns: ColumnMaker = (field) => {
  const layout = layoutOfField(field);
  const [signalAt, codeAt] = ['signal', 'code'].map((name) => field.offset + memberOf(layout, name).offset) as [
    number,
    number,
  ];
  const signal = ({ view, offset }: EventRecord) => view.getInt32(offset + signalAt, true);
  const name = (record: EventRecord) =>
    signal(record) === 0
      ? undefined
      : signalCodeName(signal(record), record.view.getInt32(record.offset + codeAt, true));
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'string',
      width: 11,
      align: 'left',
      value: name,
      write: (record, out) => out.ascii(name(record) ?? ''),
      isPresent: (record) => signal(record) !== 0,
    }),
  ];
};

/** snoop_signal_result: enum snoop_signal_outcome without its prefix, in lower case, or the name of the error. */
const signalResultColumns: ColumnMaker = (field) => {
  const { shape } = field;
  if (shape.kind !== 'enum') throw new BtfError(`${field.name} is not an enum`);
  const nameOf = (value: number) => {
    // The enum has no negative values, so that its type is unsigned.
    const result = value | 0;
    const known = shape.values
      .get(value)
      ?.replace(/^SIGNAL_/, '')
      .toLowerCase();
    return errorName(result) ?? known ?? String(result);
  };
  return [{ ...namedValues(field, 15, nameOf), least: 9 }];
};

export const KINDS: Kinds = {
  snoop_signal: { columns: signalColumns, isInPlace: true },
  snoop_signal_code: { columns: signalCodeColumns, isInPlace: true },
  snoop_signal_result: { columns: signalResultColumns, isInPlace: true },
};
