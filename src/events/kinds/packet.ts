import type { PlainColumn } from '../column.js';
import type { ColumnMaker, Field, Kinds } from '../kind.js';
import { enumColumns, integerReader, namedValues } from '../numbers.js';

/** From the lowest bit of the header's byte on. */
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** snoop_tcp_flags: SYN|ACK; 0 for none. */
const tcpFlagsColumns: ColumnMaker = (field) => [
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
const knownNameColumns: ColumnMaker = (field, context, options) =>
  enumColumns(field, context, options).map((column) => known(field, column as PlainColumn));

const DROP_REASON = 'skb_drop_reason';
/** The upper half of a reason is 0 where it is one of the kernel's own, and not of a part like mac80211. */
const OTHERS = 0x10000;

/** snoop_drop_reason: NO_SOCKET and so on, as the running kernel names it; not there on a kernel without reasons. */
const dropReasonColumns: ColumnMaker = (field, context) => {
  const nameOf = (reason: number) => {
    const name = context.enumName(DROP_REASON, reason)?.replace(/^SKB_(DROP_REASON_)?/, '');
    return name ?? (reason < OTHERS ? String(reason) : `0x${reason.toString(16)}`);
  };
  return [known(field, { ...namedValues(field, 18, nameOf), least: 14 })];
};

export const KINDS: Kinds = {
  snoop_tcp_flags: { columns: tcpFlagsColumns, isInPlace: true },
  snoop_known_tcp_state: { columns: knownNameColumns, isInPlace: true },
  snoop_mptcp: { columns: knownNameColumns, isInPlace: true },
  snoop_drop_reason: { columns: dropReasonColumns, isInPlace: true },
};
