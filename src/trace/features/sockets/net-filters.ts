/** Filters of the network tools: bpf/include/socket.h. */
import { isIP } from 'node:net';
import type { BpfObject } from '../../../bpf/object.js';
import { tracepointId } from '../../../bpf/tracefs.js';
import { enumNumbers, layoutOf, memberOf, sizeOfShape } from '../../../btf/index.js';
import { UsageError } from '../../../errors.js';
import { SMALLEST_RING } from '../../ring.js';
import { parseInteger, parseIntegers } from '../../values.js';

/** Network flags as given on the command line. */
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

/** An address with a prefix length; IPv4 is mapped into IPv6. */
export interface Network {
  readonly bytes: Uint8Array;
  /** 0 to 128. */
  readonly prefix: number;
}

/** The sides of NetFilterOptions, as enum filter_side of bpf/include/socket.h calls them. */
const SIDES = ['SIDE_EITHER', 'SIDE_LOCAL', 'SIDE_REMOTE'] as const;

/** Filters on the endpoints of a socket, by side: either, local, remote. */
export interface NetFilterOptions {
  readonly ports: readonly (readonly number[])[];
  readonly networks: readonly (readonly Network[])[];
  /** 4, 6, or 0 for both. */
  readonly ip: number;
  /** Whether to read DNS answers. */
  readonly dns: boolean;
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

const parseNetworks = (flag: string, texts: readonly string[] = []) =>
  texts.flatMap((text) => text.split(',')).map((text) => parseNetwork(flag, text.trim()));

const parsePorts = (flag: string, texts: readonly string[] | undefined) => parseIntegers(flag, texts, 0, 0xffff);

/** Validates and converts the flags. Throws a one-line UsageError for the first invalid one. */
export function parseNetFilters(flags: NetFlagValues): NetFilterOptions {
  return {
    // In the order of SIDES.
    ports: [
      parsePorts('--port', flags.port),
      parsePorts('--local-port', flags['local-port']),
      parsePorts('--remote-port', flags['remote-port']),
    ],
    networks: [
      parseNetworks('--addr', flags.addr),
      parseNetworks('--local-addr', flags['local-addr']),
      parseNetworks('--remote-addr', flags['remote-addr']),
    ],
    ip: flags.ipv4 ? 4 : flags.ipv6 ? 6 : 0,
    dns: flags.dns ?? false,
  };
}

/** Whether the kernel has tracepoints for the bytes that each socket sends and receives: since 6.3. */
const tellsLengths = () => tracepointId('sock', 'sock_recv_length') !== undefined;

/** Programs of bpf/include/dns.h that this kernel can attach; those that see queries come first. */
function dnsPrograms(): readonly string[] {
  const sending = tellsLengths() ? ['dns_send'] : ['dns_sendto', 'dns_sendmsg'];
  const receiving = tellsLengths() ? ['dns_receive'] : [];
  return [...sending, 'dns_sendmmsg', ...receiving, 'dns_recvfrom', 'dns_recvmsg'];
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
export function configureNetFilters(object: BpfObject, { ports, networks, ip, dns }: NetFilterOptions): void {
  const { globals, maps } = object;
  const hooks = dns ? dnsPrograms() : [];
  for (const program of object.programs.values())
    if (program.name.startsWith('dns_')) program.autoload = hooks.includes(program.name);
  if (dns) globals.need('dns_by_socket').set(tellsLengths());
  else maps.need('dns_messages').maxEntries = SMALLEST_RING;
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

/** Fills the maps and attaches the DNS programs; call after load, before the other programs are attached. */
export function applyNetFilters(object: BpfObject, { ports, networks, dns }: NetFilterOptions): void {
  const { maps, programs } = object;
  if (dns) for (const name of dnsPrograms()) programs.need(name).attach();
  forEachSide(object, ports, (side, list) => {
    for (const port of list) maps.need('filter_ports').set({ side, port }, 1);
  });
  const bits = sideBits(object);
  forEachSide(object, networks, (side, list) => {
    for (const { bytes, prefix } of list)
      maps.need('filter_networks').set({ prefix: bits + prefix, side, addr: [...bytes] }, 1);
  });
}
