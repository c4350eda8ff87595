/** IP addresses in text form. */
import { isIP } from 'node:net';

/** The 16 bytes of an IPv6 address in the form of RFC 4291 2.2, already checked with isIP(). */
function ip6Bytes(text: string): number[] {
  const [, head = '', dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (dotted !== undefined) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
    return ip6Bytes(`${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [front = [], back = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The 4 or 16 bytes of an address in network order; undefined for other text, and for an address with a zone. */
export function addressBytes(text: string): number[] | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 0) return undefined;
  return version === 4 ? text.split('.').map(Number) : ip6Bytes(text);
}
