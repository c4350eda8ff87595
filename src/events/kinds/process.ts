import { signalCodeName, signalName } from '../../kernel/signals.js';
import type { EventRecord } from '../column.js';
import { type Kind, plain } from './kind.js';
import { integerReader, namedValues } from './number.js';
import { errorName } from './syscall.js';

/** snoop_signal: its name; not there when there was none. */
export const signalKind: Kind = (field) => {
  const read = integerReader(field);
  const name = (number: number) => (number === 0 ? undefined : signalName(number));
  return [
    plain({
      name: field.name,
      json: 'string',
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
export const signalCodeKind: Kind = (field) => {
  const signal = (record: EventRecord) => record.view.getInt32(record.offset + field.offset + 4, true);
  const name = (record: EventRecord) =>
    signal(record) === 0
      ? undefined
      : signalCodeName(signal(record), record.view.getInt32(record.offset + field.offset, true));
  return [
    plain({
      name: field.name,
      json: 'string',
      width: 11,
      align: 'left',
      value: name,
      write: (record, out) => out.ascii(name(record) ?? ''),
      isPresent: (record) => signal(record) !== 0,
    }),
  ];
};

/** What became of a signal: TRACE_SIGNAL_* of include/trace/events/signal.h, SIGNAL_PROBED and SIGNAL_CONTINUED. */
const SIGNAL_RESULTS: Record<number, string> = {
  0: 'delivered',
  1: 'ignored',
  2: 'already_pending',
  3: 'overflow_fail',
  4: 'lose_info',
  100: 'probed',
  101: 'continued',
};

/** snoop_signal_result: its name, or that of the error. */
export const signalResultKind: Kind = (field) => [
  {
    ...namedValues(field, 15, (result) => errorName(result) ?? SIGNAL_RESULTS[result] ?? String(result)),
    least: 9,
  },
];
