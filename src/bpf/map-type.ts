/**
 * The types of maps: enum bpf_map_type of include/uapi/linux/bpf.h (Linux 6.18), by the names that bpftool prints. The
 * first kernels of the newer ones: `bloom_filter` 5.16, `user_ringbuf` 6.1, `cgrp_storage` 6.2, `arena` 6.9.
 */
export const MAP_TYPE = {
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  cgroup_storage: 19,
  reuseport_sockarray: 20,
  percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  struct_ops: 26,
  ringbuf: 27,
  inode_storage: 28,
  task_storage: 29,
  bloom_filter: 30,
  user_ringbuf: 31,
  cgrp_storage: 32,
  arena: 33,
} as const;

/** The name of a map's type. */
export type MapType = keyof typeof MAP_TYPE;

const NAMES = new Map(Object.entries(MAP_TYPE).map(([name, number]) => [number as number, name as MapType]));

/** The name of a number of enum bpf_map_type; `unknown` for a type that is newer than this library. */
export const mapTypeOf = (number: number): MapType | 'unknown' => NAMES.get(number) ?? 'unknown';

/** Groups of types that are used in the same way. */
const of = (...types: readonly MapType[]): ReadonlySet<string> => new Set(types);
const PER_CPU = of('percpu_hash', 'percpu_array', 'lru_percpu_hash', 'percpu_cgroup_storage');
/** Maps whose values are set as descriptors, and read, if at all, as ids. */
export const HOLDS_DESCRIPTORS = of(
  ...(['prog_array', 'perf_event_array', 'cgroup_array', 'array_of_maps', 'hash_of_maps', 'xskmap'] as const),
  ...(['sockmap', 'sockhash', 'reuseport_sockarray'] as const),
);
/** Among them, those of sockets, whose cookies are read. */
export const HOLDS_SOCKETS = of('sockmap', 'sockhash', 'reuseport_sockarray');
export const HOLDS_MAPS = of('array_of_maps', 'hash_of_maps');
/** Elements are made with the map, and stay. */
export const IS_FIXED = of('array', 'percpu_array');
/** An index may have no entry. Before Linux 6.14, to read one in a batch fails with EINTR, again and again. */
export const HAS_GAPS = of('array_of_maps');
/** The key is an index: an integer of 32 bits. */
export const IS_INDEXED = of(
  ...(['array', 'percpu_array', 'prog_array', 'perf_event_array', 'cgroup_array', 'array_of_maps'] as const),
  ...(['devmap', 'devmap_hash', 'cpumap', 'xskmap', 'sockmap', 'reuseport_sockarray', 'stack_trace'] as const),
);
/** The key is a descriptor of what the value is stored with. */
export const IS_STORAGE = of('sk_storage', 'inode_storage', 'task_storage', 'cgrp_storage');
export const IS_SEQUENCE = of('queue', 'stack');
/** Have values without keys, or nothing that is read by a key. */
export const HAS_NO_KEYS = of('queue', 'stack', 'bloom_filter', 'ringbuf', 'user_ringbuf', 'arena');
export const IS_HASH = of('hash', 'percpu_hash', 'lru_hash', 'lru_percpu_hash');

/** May have a bpf_spin_lock in their values. */
export const HAS_LOCKS: ReadonlySet<string> = new Set(['hash', 'array', 'cgroup_storage', ...IS_STORAGE]);

/** Whether maps of this type have a value for each possible CPU. */
export const isPerCpu = (type: string): boolean => PER_CPU.has(type);
