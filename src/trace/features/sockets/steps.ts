/** The filters of socket.h. */
import type { BpfObject, OpenedObject } from '../../../bpf/object.js';
import { type Btf, enumNumbers, layoutOf, memberOf, sizeOfShape } from '../../../btf/index.js';
import type { SharedValues } from '../../options.js';
import type { MakeSteps } from '../steps.js';
import type { Network } from './endpoints.js';

/** The sides of Ends, as enum filter_side calls them. */
const SIDES = ['SIDE_EITHER', 'SIDE_LOCAL', 'SIDE_REMOTE'] as const;

/** Filters on the endpoints of a socket, in the order of SIDES. */
interface Ends {
  readonly ports: readonly (readonly number[])[];
  readonly networks: readonly (readonly Network[])[];
  /** 4, 6, or 0 for both. */
  readonly ip: number;
}

function endsOf(flags: SharedValues): Ends {
  const sides = <T>(...lists: (readonly T[] | undefined)[]) => lists.map((list = []) => list);
  return {
    ports: sides(flags.port, flags['local-port'], flags['remote-port']),
    networks: sides(flags.addr, flags['local-addr'], flags['remote-addr']),
    ip: flags.ipv4 ? 4 : flags.ipv6 ? 6 : 0,
  };
}

/** An object, opened or loaded. */
interface Typed {
  readonly btf: Btf;
}

/** Calls back for each side that is filtered, with its number in the object. */
function forEachSide<T>(
  { btf }: Typed,
  sides: readonly (readonly T[])[],
  receive: (side: number, list: readonly T[]) => void,
): void {
  const numbers = enumNumbers(btf, 'filter_side', SIDES);
  SIDES.forEach((name, i) => {
    const list = sides[i] ?? [];
    if (list.length > 0) receive(numbers[name], list);
  });
}

function bitsOf(object: Typed, sides: readonly (readonly unknown[])[]): number {
  let bits = 0;
  forEachSide(object, sides, (side) => {
    bits |= 1 << side;
  });
  return bits;
}

/** Sets the constants and map sizes; call before load. */
function configureNetFilters(object: OpenedObject, { ports, networks, ip }: Ends): void {
  const { globals, maps } = object;
  globals.need('filter_port_sides').set(bitsOf(object, ports));
  globals.need('filter_network_sides').set(bitsOf(object, networks));
  globals.need('filter_ip').set(ip);
  maps.need('filter_ports').maxEntries = Math.max(1, ports.flat().length);
  maps.need('filter_networks').maxEntries = Math.max(1, networks.flat().length);
}

/** Bits before the address that a prefix of the LPM trie of networks covers, too: those of the side. */
function sideBits({ btf }: Typed): number {
  const layout = layoutOf(btf, 'filter_network');
  const prefix = memberOf(layout, 'prefix');
  return 8 * (memberOf(layout, 'addr').offset - prefix.offset - sizeOfShape(prefix.type));
}

/** Fills the maps; call after load. */
function applyNetFilters(object: BpfObject, { ports, networks }: Ends): void {
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

export const steps: MakeSteps = ({ flags }) => {
  const ends = endsOf(flags);
  return {
    configure: (object) => configureNetFilters(object, ends),
    start: (object) => applyNetFilters(object, ends),
  };
};
