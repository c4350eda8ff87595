/** Programs, maps, links and BTF loaded into the kernel, by anyone. All of it needs CAP_SYS_ADMIN. */
import { ERRNO } from '../kernel/errno.js';
import type { NativeBtfInfo, ObjectDetails, ObjectKind } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { refused } from './errors.js';
import { type LinkInfo, linkInfo } from './link-info.js';
import { isPerCpu, type MapType, mapTypeOf } from './map-type.js';
import { type ProgramInfo, programInfo } from './program-info.js';

const [PROGRAM, MAP, LINK, BTF] = [0, 1, 2, 3] as const;
const { ENOENT, EAGAIN } = ERRNO;

/** The kernel's description of a map. `BpfMap.byId()` opens it. */
export interface MapInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly type: MapType | 'unknown';
  /** enum bpf_map_type of include/uapi/linux/bpf.h */
  readonly typeNumber: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; in a per-CPU map, of one CPU's value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `MAP_FLAGS` */
  readonly flags: number;
  readonly isPerCpu: boolean;
  /** Bytes that the kernel charges for it, an estimate before Linux 6.4; 0 without /proc. */
  readonly memory: number;
}

/** BTF that is loaded: of the kernel, of its modules, and of programs and maps. Size in bytes. */
export type BtfInfo = Readonly<NativeBtfInfo>;

function* each<Kind extends ObjectKind>(kind: Kind, one: string, all = `${one}s`): Generator<ObjectDetails[Kind]> {
  const binding = loadBinding();
  for (let id = 0; ; ) {
    const next = binding.nextId(kind, id);
    if (next === -ENOENT) return;
    if (next < 0) throw refused(`cannot list ${all}`, -next, ['CAP_SYS_ADMIN']);
    id = next;
    const details = binding.describe(kind, id);
    // Gone since, or a link that is being made: it has an id before it can be opened (kernel/bpf/syscall.c).
    if (details === -ENOENT || details === -EAGAIN) continue;
    if (typeof details === 'number') throw refused(`cannot read ${one} ${id}`, -details, ['CAP_SYS_ADMIN']);
    yield details;
  }
}

/** All loaded programs, in the order of their ids. Throws PrivilegeError (CAP_SYS_ADMIN) or BpfError. */
export function* loadedPrograms(): Generator<ProgramInfo> {
  for (const details of each(PROGRAM, 'program')) yield programInfo(details);
}

/** All maps, in the order of their ids. Throws as `loadedPrograms()` does. */
export function* loadedMaps(): Generator<MapInfo> {
  for (const { id, name, type, keySize, valueSize, maxEntries, flags, memory } of each(MAP, 'map')) {
    const known = mapTypeOf(type);
    const sizes = { keySize, valueSize, maxEntries, flags, isPerCpu: isPerCpu(known) };
    yield { id, name, type: known, typeNumber: type, ...sizes, memory };
  }
}

/** All links, in the order of their ids; `where` is the link's type. Kernel 5.8. Throws as `loadedPrograms()` does. */
export function* loadedLinks(): Generator<LinkInfo> {
  for (const details of each(LINK, 'link')) {
    const { type, ...info } = linkInfo(details, '');
    yield { ...info, type, where: info.target.name ?? type ?? '' };
  }
}

/** All BTF, in the order of its ids; that of the kernel itself since Linux 5.11. Throws as `loadedPrograms()` does. */
export function* loadedBtf(): Generator<BtfInfo> {
  yield* each(BTF, 'BTF', 'BTF');
}
