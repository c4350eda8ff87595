import { memberOf } from '../../btf/index.js';
import type { EventRecord, PlainColumn } from '../column.js';
import type { NameAsker } from '../context.js';
import { type ColumnMaker, type Field, type Kinds, layoutOfField, plain } from '../kind.js';
import { integerColumn } from '../numbers.js';
import type { OutputBuffer } from '../output-buffer.js';

const COLON = 58;

function writeIp4(record: EventRecord, at: number, out: OutputBuffer): void {
  for (let i = 0; i < 4; i++) {
    if (i > 0) out.byte(46);
    out.integer(record.view.getUint8(at + i));
  }
}

/** snoop_ip4: 10.0.0.1 */
const ip4Columns: ColumnMaker = (field) => [
  plain({
    name: field.name,
    json: 'string',
    type: 'string',
    jsonSchema: { format: 'ipv4' },
    width: 15,
    align: 'left',
    value: (r) => Array.from({ length: 4 }, (_, i) => r.view.getUint8(r.offset + field.offset + i)).join('.'),
    write: (r, out) => writeIp4(r, r.offset + field.offset, out),
  }),
];

/** The text of an IPv6 address by RFC 5952: lower case, the longest run of zero groups as `::`; IPv4 where it maps one. */
function ip6Text(groups: readonly number[]): string {
  const maps = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  if (maps) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.at < 0) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}

/** True if 16 bytes are a mapped IPv4 address. */
function isMapped({ view }: EventRecord, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && view.getUint32(at + 8) === 0xffff;
}

function ip6At({ view }: EventRecord, at: number): string {
  return ip6Text(Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i)));
}

/** Eight groups of four digits. */
const WIDEST = 39;

/** snoop_ip6: 2001:db8::1 */
const ip6Columns: ColumnMaker = (field) => [
  plain({
    name: field.name,
    json: 'string',
    type: 'string',
    width: 25,
    widest: WIDEST,
    align: 'left',
    value: (record) => ip6At(record, record.offset + field.offset),
    write: (record, out) => {
      const at = record.offset + field.offset;
      if (isMapped(record, at)) writeIp4(record, at + 12, out);
      else out.ascii(ip6At(record, at));
    },
  }),
];

/** The port at the end of an endpoint. */
const PORT = /\]?:\d+$/;

/** snoop_port */
const portColumns: ColumnMaker = (field) => [integerColumn(field, 5)];

/**
 * snoop_endpoint: its address and its port, as `local_addr` and `local_port` of a field `local`; and for people both in
 * one, 10.0.0.1:443 or [2001:db8::1]:443.
 */
const endpointColumns: ColumnMaker = (field, context, options) => {
  const { name } = field;
  const layout = layoutOfField(field);
  const [address, port] = [memberOf(layout, 'addr'), memberOf(layout, 'port')];
  const offset = field.offset + address.offset;
  const portAt = field.offset + port.offset;
  const write = (record: EventRecord, out: OutputBuffer) => {
    const at = record.offset + offset;
    if (isMapped(record, at)) writeIp4(record, at + 12, out);
    else out.ascii(`[${ip6At(record, at)}]`);
    out.byte(COLON);
    out.integer(record.view.getUint16(record.offset + portAt, true));
  };
  const value = (record: EventRecord) => {
    const at = record.offset + offset;
    const text = ip6At(record, at);
    return `${isMapped(record, at) ? text : `[${text}]`}:${record.view.getUint16(record.offset + portAt, true)}`;
  };
  return [
    ...ip6Columns({ name: `${name}_addr`, offset, shape: address.type }, context, options),
    ...portColumns({ name: `${name}_port`, offset: portAt, shape: port.type }, context, options),
    plain({
      name,
      json: 'string',
      type: 'string',
      width: 21,
      least: 15,
      widest: WIDEST + '[]:65535'.length,
      align: 'left',
      repeats: true,
      keptEnd: PORT,
      value,
      write,
    }),
  ];
};

/** Reads the process and time of an event, as far as its struct has them, to look up names. */
function askerOf({ near }: Field): (record: EventRecord) => NameAsker {
  const [time, pid, netns] = [near?.('time'), near?.('pid'), near?.('netns')];
  const number = ({ view, offset }: EventRecord, at: number) => view.getUint32(offset + at, true);
  return (record) => ({
    pid: pid === undefined ? 0 : number(record, pid),
    netns: netns === undefined ? undefined : number(record, netns),
    time: time === undefined ? 0n : record.view.getBigUint64(record.offset + time, true),
  });
}

/**
 * snoop_peer: an endpoint that, where names are asked for, has one: as `remote_name` of a field `remote`, and for people
 * in place of its address.
 */
const peerColumns: ColumnMaker = (field, context, options) => {
  const columns = endpointColumns(field, context, options) as PlainColumn[];
  const { hostName } = context;
  if (!hostName) return columns;
  const asker = askerOf(field);
  const addressAt = field.offset + memberOf(layoutOfField(field), 'addr').offset;
  const known = (record: EventRecord) => hostName(ip6At(record, record.offset + addressAt), asker(record));
  const [address, port, both] = columns as [PlainColumn, PlainColumn, PlainColumn];
  const writeForPeople: PlainColumn['write'] = (record, out) => {
    const name = known(record);
    if (name === undefined) both.write(record, out);
    else out.ascii(`${name}:${port.value(record)}`);
  };
  const name = plain({
    name: `${field.name}_name`,
    json: 'string',
    type: 'string',
    width: 20,
    align: 'left',
    value: known,
    write: (record, out) => out.ascii(known(record) ?? ''),
    isPresent: (record) => known(record) !== undefined,
  });
  return [address, port, name, { ...both, writeForPeople }];
};

export const KINDS: Kinds = {
  snoop_ip4: { columns: ip4Columns, isInPlace: true },
  snoop_ip6: { columns: ip6Columns, isInPlace: true },
  snoop_port: { columns: portColumns, isInPlace: true },
  snoop_endpoint: { columns: endpointColumns, isInPlace: true },
  snoop_peer: { columns: peerColumns, isInPlace: ({ hostName }) => hostName === undefined },
};
