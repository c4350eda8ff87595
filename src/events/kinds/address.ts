import type { EventRecord } from '../column.js';
import type { OutputBuffer } from '../output-buffer.js';
import { type Kind, plain } from './kind.js';

function writeIp4(record: EventRecord, at: number, out: OutputBuffer): void {
  for (let i = 0; i < 4; i++) {
    if (i > 0) out.byte(46);
    out.integer(record.view.getUint8(at + i));
  }
}

/** snoop_ip4: 10.0.0.1 */
export const ip4Kind: Kind = (field) => [
  plain({
    name: field.name,
    json: 'string',
    jsonSchema: { format: 'ipv4' },
    width: 15,
    align: 'left',
    value: (r) => Array.from({ length: 4 }, (_, i) => r.view.getUint8(r.offset + field.offset + i)).join('.'),
    write: (r, out) => writeIp4(r, r.offset + field.offset, out),
  }),
];

/** The text of an IPv6 address by RFC 5952: lower case, the longest run of zero groups as `::`; IPv4 where it maps one. */
export function ip6Text(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
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

/** snoop_ip6: 2001:db8::1 */
export const ip6Kind: Kind = (field) => {
  const value = (r: EventRecord) =>
    ip6Text(Array.from({ length: 8 }, (_, i) => r.view.getUint16(r.offset + field.offset + 2 * i)));
  return [
    plain({
      name: field.name,
      json: 'string',
      width: 25,
      align: 'left',
      value,
      write: (record, out) => out.ascii(value(record)),
    }),
  ];
};
