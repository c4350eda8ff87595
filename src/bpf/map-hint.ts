import { readFileSync } from 'node:fs';
import { SnoopkitError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { hasMapType } from './kernel-features.js';
import { MAP_FLAGS } from './map-flags.js';
import {
  HAS_NO_KEYS,
  HOLDS_DESCRIPTORS,
  HOLDS_MAPS,
  HOLDS_SOCKETS,
  IS_INDEXED,
  IS_STORAGE,
  isPerCpu,
  type MapType,
} from './map-type.js';

/** A map as it is declared. Sizes in bytes. */
export interface MapDeclaration {
  readonly type: MapType | 'unknown';
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

const { E2BIG, EINVAL, ENOTSUPP } = ERRNO;
const PAGE = 4096;
/** Bytes of a frame of a stack: its address, or struct bpf_stack_build_id. */
const [FRAME, FRAME_WITH_ID] = [8, 32];
const STACK_BUILD_ID = 32;
/** PCPU_MIN_UNIT_SIZE of include/linux/percpu.h. */
const MOST_PER_CPU = 32768;
const MAX_STACK = '/proc/sys/kernel/perf_event_max_stack';
const IS_CGROUP_STORAGE: ReadonlySet<string> = new Set(['cgroup_storage', 'percpu_cgroup_storage']);
const HAS_NO_ENTRIES: ReadonlySet<string> = new Set([...IS_STORAGE, ...IS_CGROUP_STORAGE]);
const IS_LRU: ReadonlySet<string> = new Set(['lru_hash', 'lru_percpu_hash']);
const HAS_NO_VALUES: ReadonlySet<string> = new Set(['ringbuf', 'user_ringbuf', 'arena']);
const REDIRECTS: ReadonlySet<string> = new Set(['devmap', 'devmap_hash', 'cpumap']);
const NEEDS_NO_PREALLOC: ReadonlySet<string> = new Set([...IS_STORAGE, 'lpm_trie']);

function stackHint(valueSize: number, flags: number): string | undefined {
  const frame = flags & STACK_BUILD_ID ? FRAME_WITH_ID : FRAME;
  if (valueSize % frame !== 0) return `its value size, ${valueSize}, is not a multiple of ${frame}`;
  try {
    const most = Number(readFileSync(MAX_STACK, 'latin1'));
    if (valueSize / frame > most)
      return `its stacks of ${valueSize / frame} frames are longer than kernel.perf_event_max_stack, ${most}`;
  } catch {
    // Without /proc.
  }
  return undefined;
}

/** Whether this kernel has maps of a type; undefined if that can't be known. */
function isKnown(type: MapType): boolean | undefined {
  try {
    return hasMapType(type);
  } catch (error) {
    if (error instanceof SnoopkitError) return undefined;
    throw error;
  }
}

/**
 * What is wrong with the declaration of a map that the kernel refused to make, as far as that tells. Source: the
 * map_alloc_check functions of kernel/bpf.
 */
export function mapHint(map: MapDeclaration, errno: number): string | undefined {
  const { type, keySize, valueSize, maxEntries, flags } = map;
  if (errno === E2BIG && isPerCpu(type) && valueSize > MOST_PER_CPU)
    return `its value size is ${valueSize}, and may be ${MOST_PER_CPU} for each CPU at most`;
  if (errno === E2BIG) return `its ${maxEntries} entries of ${keySize} + ${valueSize} bytes are too many or too large`;
  if (errno === ENOTSUPP && IS_LRU.has(type) && (flags & MAP_FLAGS.NO_PREALLOC) !== 0)
    return 'its map_flags have BPF_F_NO_PREALLOC, which maps with LRU may not';
  if (errno !== EINVAL || type === 'struct_ops') return undefined;
  if (type === 'unknown') return 'its type is a number that this library does not know, and perhaps not the kernel';
  if (HAS_NO_ENTRIES.has(type) ? maxEntries !== 0 : maxEntries === 0)
    return `its max_entries is ${maxEntries}${maxEntries === 0 ? '' : ', and must be 0'}`;
  if (NEEDS_NO_PREALLOC.has(type) && (flags & MAP_FLAGS.NO_PREALLOC) === 0)
    return 'its map_flags lack BPF_F_NO_PREALLOC';
  if (type === 'arena' && (flags & MAP_FLAGS.MMAPABLE) === 0) return 'its map_flags lack BPF_F_MMAPABLE';
  if (HAS_NO_KEYS.has(type) && keySize !== 0) return `its key size is ${keySize}, and must be 0`;
  if (!HAS_NO_KEYS.has(type) && keySize === 0) return 'its key size is 0';
  if ((IS_INDEXED.has(type) || IS_STORAGE.has(type)) && keySize !== 4)
    return `its key size is ${keySize}, and must be 4`;
  if (IS_CGROUP_STORAGE.has(type) && keySize !== 8 && keySize !== 16)
    return `its key size is ${keySize}, and must be 8 or 16 (struct bpf_cgroup_storage_key)`;
  if (type === 'lpm_trie' && (keySize < 5 || keySize > 260))
    return `its key size is ${keySize}, and must be 4 for the length of the prefix, and 1 to 256 for the data`;
  if (HAS_NO_VALUES.has(type) && valueSize !== 0) return `its value size is ${valueSize}, and must be 0`;
  if (!HAS_NO_VALUES.has(type) && valueSize === 0) return 'its value size is 0';
  if (type === 'stack_trace') return stackHint(valueSize, flags);
  const isSocket = HOLDS_SOCKETS.has(type);
  if (HOLDS_DESCRIPTORS.has(type) && valueSize !== 4 && !(isSocket && valueSize === 8))
    return `its value size is ${valueSize}, and must be 4${isSocket ? ' or 8' : ''}`;
  const isRing = type === 'ringbuf' || type === 'user_ringbuf';
  if (isRing && (maxEntries % PAGE !== 0 || (maxEntries & (maxEntries - 1)) !== 0))
    return `its size, ${maxEntries}, is not a power of two and a multiple of the page size`;
  if (REDIRECTS.has(type) && valueSize !== 4 && valueSize !== 8)
    return `its value size is ${valueSize}, and must be 4 or 8`;
  if (HOLDS_MAPS.has(type)) return 'is there a template, __array(values, ...), of a type that maps of maps can hold?';
  if (isKnown(type) === false) return `this kernel has no maps of type ${type}`;
  return flags === 0
    ? undefined
    : `are its map_flags, 0x${flags.toString(16)}, for this type of map and known to this kernel?`;
}
