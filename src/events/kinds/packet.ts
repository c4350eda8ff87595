import type { PlainColumn } from '../column.js';
import type { Field, Kind } from './kind.js';
import { enumKind, integerReader, namedValues } from './number.js';

/** From the lowest bit of the header's byte on. */
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** snoop_tcp_flags: SYN|ACK; 0 for none. */
export const tcpFlagsKind: Kind = (field) => [
  namedValues(field, 7, (flags) => TCP_FLAGS.filter((_name, bit) => flags & (1 << bit)).join('|') || '0'),
];

/** Makes a column of names one that is not there where the value is 0. */
function known(field: Field, column: PlainColumn): PlainColumn {
  const read = integerReader(field);
  return {
    ...column,
    value: (record) => (read(record) === 0 ? undefined : column.value(record)),
    write: (record, out) => {
      if (read(record) !== 0) column.write(record, out);
    },
    isPresent: (record) => read(record) !== 0,
  };
}

/** snoop_known_tcp_state, snoop_mptcp: its name; not there where it is not known, or not so. */
export const knownNameKind: Kind = (field, context) =>
  enumKind(field, context).map((column) => known(field, column as PlainColumn));

const DROP_REASON = 'skb_drop_reason';
/** The upper half of a reason is 0 where it is one of the kernel's own, and not of a part like mac80211. */
const OTHERS = 0x10000;

/** snoop_drop_reason: NO_SOCKET and so on, as the running kernel names it; not there on a kernel without reasons. */
export const dropReasonKind: Kind = (field, context) => {
  const nameOf = (reason: number) => {
    const name = context.enumName(DROP_REASON, reason)?.replace(/^SKB_(DROP_REASON_)?/, '');
    return name ?? (reason < OTHERS ? String(reason) : `0x${reason.toString(16)}`);
  };
  return [known(field, { ...namedValues(field, 18, nameOf), least: 14 })];
};
