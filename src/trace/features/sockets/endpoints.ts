/** Ports and addresses, as flags give them. */
import { isIP } from 'node:net';
import { UsageError } from '../../../errors.js';
import { parseInteger, parseIntegers } from '../../values.js';

/** An address with a prefix length; IPv4 is mapped into IPv6. */
export interface Network {
  readonly bytes: Uint8Array;
  /** 0 to 128. */
  readonly prefix: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The 16 bytes of an IPv6 address in the text form of RFC 4291 2.2, already checked with isIP(). */
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

/** Parses `10.0.0.0/8`, `fd00::/8`, or a single address. Throws a UsageError that names the flag. */
export function parseNetwork(flag: string, text: string): Network {
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes('%'))
    throw new UsageError(`${flag} ${text}: expected an IP address or a network, such as 10.0.0.0/8 or 2001:db8::/32`);
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : parseInteger(`${flag} ${address}/`, length, 0, bits);
  const bytes = version === 4 ? [...MAPPED, ...address.split('.').map(Number)] : ip6Bytes(address);
  return { bytes: Uint8Array.from(bytes), prefix: 128 - bits + prefix };
}

/** Several, in repeated flags or comma-separated. */
export const parseNetworks = (flag: string, texts: readonly string[]): Network[] =>
  texts.flatMap((text) => text.split(',')).map((text) => parseNetwork(flag, text.trim()));

/** Ports, in repeated flags or comma-separated. */
export const parsePorts = (flag: string, texts: readonly string[]): number[] => parseIntegers(flag, texts, 0, 0xffff);
