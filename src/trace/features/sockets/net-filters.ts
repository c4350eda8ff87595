/** Filters of the network tools: bpf/include/socket.h. */
import { isIP } from 'node:net';
import type { BpfObject } from '../../../bpf/object.js';
import { enumNumbers, layoutOf, memberOf, sizeOfShape } from '../../../btf/index.js';
import { UsageError } from '../../../errors.js';
import type { Label } from '../../label.js';
import { parseInteger, parseIntegers } from '../../values.js';
import type { Feature } from '../feature.js';
import type { NetFilterOptions, Network } from './net-filter-options.js';

/** Options of the network tools, as texts. */
export interface NetFlagValues {
  port?: string[];
  'local-port'?: string[];
  'remote-port'?: string[];
  addr?: string[];
  'local-addr'?: string[];
  'remote-addr'?: string[];
  ipv4?: boolean;
  ipv6?: boolean;
  dns?: boolean;
}

/** The sides of NetFilterOptions, as enum filter_side of bpf/include/socket.h calls them. */
const SIDES = ['SIDE_EITHER', 'SIDE_LOCAL', 'SIDE_REMOTE'] as const;

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

const parseNetworks = (flag: string, texts: readonly string[] = []) =>
  texts.flatMap((text) => text.split(',')).map((text) => parseNetwork(flag, text.trim()));

/** Validates and converts the options. Throws a one-line UsageError for the first invalid one. */
export function parseNetFilters(flags: NetFlagValues, label: Label): NetFilterOptions {
  const ports = (name: keyof NetFlagValues & string) => parseIntegers(label(name), flags[name] as string[], 0, 0xffff);
  const networks = (name: keyof NetFlagValues & string) => parseNetworks(label(name), flags[name] as string[]);
  return {
    // In the order of SIDES.
    ports: [ports('port'), ports('local-port'), ports('remote-port')],
    networks: [networks('addr'), networks('local-addr'), networks('remote-addr')],
    ip: flags.ipv4 ? 4 : flags.ipv6 ? 6 : 0,
    dns: flags.dns ?? false,
  };
}

/** Calls back for each side that is filtered, with its number in the object. */
function forEachSide<T>(
  { btf }: BpfObject,
  sides: readonly (readonly T[])[],
  receive: (side: number, list: readonly T[]) => void,
): void {
  const numbers = enumNumbers(btf, 'filter_side', SIDES);
  SIDES.forEach((name, i) => {
    const list = sides[i] ?? [];
    if (list.length > 0) receive(numbers[name], list);
  });
}

function bitsOf(object: BpfObject, sides: readonly (readonly unknown[])[]): number {
  let bits = 0;
  forEachSide(object, sides, (side) => {
    bits |= 1 << side;
  });
  return bits;
}

/** Sets the constants and map sizes; call before load. */
function configureNetFilters(object: BpfObject, { ports, networks, ip }: NetFilterOptions): void {
  const { globals, maps } = object;
  globals.need('filter_port_sides').set(bitsOf(object, ports));
  globals.need('filter_network_sides').set(bitsOf(object, networks));
  globals.need('filter_ip').set(ip);
  maps.need('filter_ports').maxEntries = Math.max(1, ports.flat().length);
  maps.need('filter_networks').maxEntries = Math.max(1, networks.flat().length);
}

/** Bits before the address that a prefix of the LPM trie of networks covers, too: those of the side. */
function sideBits({ btf }: BpfObject): number {
  const layout = layoutOf(btf, 'filter_network');
  const prefix = memberOf(layout, 'prefix');
  return 8 * (memberOf(layout, 'addr').offset - prefix.offset - sizeOfShape(prefix.type));
}

/** Fills the maps; call after load. */
function applyNetFilters(object: BpfObject, { ports, networks }: NetFilterOptions): void {
  const { maps } = object;
  forEachSide(object, ports, (side, list) => {
    for (const port of list) maps.need('filter_ports').set({ side, port }, 1);
  });
  const bits = sideBits(object);
  forEachSide(object, networks, (side, list) => {
    for (const { bytes, prefix } of list)
      maps.need('filter_networks').set({ prefix: bits + prefix, side, addr: [...bytes] }, 1);
  });
}

/** Filters on the endpoints of sockets. */
export const socketFeature: Feature = {
  isIn: ({ maps }) => maps.get('filter_ports') !== undefined,
  configure: (object, { filters }) => configureNetFilters(object, filters.ends),
  start: (object, { filters }) => applyNetFilters(object, filters.ends),
};
