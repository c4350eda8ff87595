/** Flags of a map when it is made (`map_flags`): see bpf(2), and enum in include/uapi/linux/bpf.h. */
export const MAP_FLAGS = {
  /** Memory for an entry is taken when it is stored. An LPM trie and the storages must have it. */
  NO_PREALLOC: 1,
  NO_COMMON_LRU: 2,
  NUMA_NODE: 4,
  /** Only programs write to it: `set()` is refused. */
  RDONLY: 8,
  /** Only programs read it. */
  WRONLY: 16,
  ZERO_SEED: 64,
  /** Programs only read it, or only write to it. */
  RDONLY_PROG: 128,
  WRONLY_PROG: 256,
  /** An array that `BpfMap.mmap()` maps into memory. Kernel 5.5. */
  MMAPABLE: 1024,
  /** For an array in an array of maps: it may have another number of entries than the template. Kernel 5.10. */
  INNER_MAP: 4096,
} as const;
