import { signalName } from '../../kernel/signals.js';
import { type Kind, plain } from './kind.js';
import { integerReader } from './number.js';

/** snoop_signal: its name; not there when there was none. */
export const signalKind: Kind = (field) => {
  const read = integerReader(field);
  const name = (number: number) => (number === 0 ? undefined : signalName(number));
  return [
    plain({
      name: field.name,
      json: 'string',
      width: 9,
      align: 'left',
      value: (record) => name(read(record)),
      write: (record, out) => out.ascii(name(read(record)) ?? ''),
      isPresent: (record) => read(record) !== 0,
    }),
  ];
};
