/** Ports and addresses, as flags give them. */
import { addressBytes } from '../../../kernel/address.js';
import { wrongValue } from '../../../mistake.js';
import { parseInteger, parseIntegers } from '../../values.js';

/** An address with a prefix length; IPv4 is mapped into IPv6. */
export interface Network {
  readonly bytes: Uint8Array;
  /** 0 to 128. */
  readonly prefix: number;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Parses `10.0.0.0/8`, `fd00::/8`, or a single address. Throws a UsageError that names the flag. */
export function parseNetwork(flag: string, text: string): Network {
  const [address = '', length, ...more] = text.split('/');
  const bytes = addressBytes(address);
  if (bytes === undefined || more.length > 0)
    throw wrongValue(flag, text, 'expected an IP address or a network, such as 10.0.0.0/8 or 2001:db8::/32');
  const bits = 8 * bytes.length;
  const prefix = length === undefined ? bits : parseInteger(`${flag} ${address}/`, length, 0, bits);
  return { bytes: Uint8Array.from(bits === 32 ? [...MAPPED, ...bytes] : bytes), prefix: 128 - bits + prefix };
}

/** Several, in repeated flags or comma-separated. */
export const parseNetworks = (flag: string, texts: readonly string[]): Network[] =>
  texts.flatMap((text) => text.split(',')).map((text) => parseNetwork(flag, text.trim()));

/** Ports, in repeated flags or comma-separated. */
export const parsePorts = (flag: string, texts: readonly string[]): number[] => parseIntegers(flag, texts, 0, 0xffff);
