/**
 * The face of the C++ addon: libbpf, with nothing decided. Every call that libbpf or the kernel
 * can refuse returns a number below zero, the negated errno; names, defaults and messages are the
 * business of `src/bpf`. A call that follows `close()` returns -EBADF.
 */
export interface Binding {
  /** The version of the libbpf that is loaded, such as `1.5`: libbpf knows no third number. */
  libbpfVersion(): string;
  /**
   * Where libbpf's log goes, up to a level: 0 for warnings, 1 for information, 2 for debugging, of which a load has
   * more than a thousand lines. It is called synchronously, on this thread, while a call into libbpf runs.
   */
  setLog(receive: (level: number, text: string) => void, mostLevel: number): void;
  /** For nowhere. */
  setLog(receive: null): void;
  /** How many CPUs the kernel may ever have: the number of slots in a per-CPU value. */
  possibleCpus(): number;
  /** Creates a thread that does nothing, and waits for its end. */
  createThread(): number;
  /** Nanoseconds on CLOCK_BOOTTIME, as this process's time namespace has it. */
  bootTime(): bigint;
  /** Nanoseconds to add to that to get CLOCK_REALTIME, as they stand now, and how far this may be off. */
  bootToRealtime(): { offset: bigint; error: number };
  /** An fd of a tracefs mounted nowhere (fsopen(2), kernel 5.2, CAP_SYS_ADMIN): its files are read below /proc/self/fd. */
  openTracefs(): number;
  closeFd(fd: number): void;
  /** The number of a network interface of this process's network namespace, which /sys may not be of: if_nametoindex(3). */
  interfaceIndex(name: string): number;
  /** Whether a pipe's or socket's other end is closed, by poll(2): POLLERR or POLLHUP. */
  isPeerGone(fd: number): boolean;
  /** _exit(2): ends the process without waiting for anything. */
  exitNow(status: number): void;
  /** perf_event_open(2) for one tracepoint by its id, on every process. Returns an fd. */
  openTracepoint(id: number): number;
  /** Opens an object without touching the kernel. `btf` is the file to relocate against, empty for the running kernel. */
  openObject(bytes: Uint8Array, name: string, btf: string): NativeObject | number;
  /** libbpf's C dump of every type in a raw BTF file or an ELF with a .BTF section, in the order of the type ids. */
  dumpBtf(path: string): string | number;
  /**
   * Opens the reading side of a BPF_MAP_TYPE_RINGBUF map whose data area has `size` bytes. `orderBy` is where in a
   * record, at a multiple of 8, a u64 lies by which `consume` sorts what it moves; below zero for as it comes.
   */
  openRing(fd: number, size: number, orderBy: number): NativeRing | number;
}

export interface NativeMapInfo {
  name: string;
  /** enum bpf_map_type */
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
}

export interface NativeProgramInfo {
  name: string;
  section: string;
  /** enum bpf_prog_type */
  type: number;
}

export interface NativeRefusal {
  program: string;
  log: string;
}

/** An opened object: bpf_object__open_mem and what follows it. */
export interface NativeObject {
  maps(): NativeMapInfo[];
  programs(): NativeProgramInfo[];
  setMaxEntries(map: string, entries: number): number;
  setValueSize(map: string, size: number): number;
  setAutoload(program: string, load: boolean): number;
  /** Other function or tracepoint than the section names, for tp_btf, fentry, fexit and LSM programs (before load). */
  setAttachTarget(program: string, target: string): number;
  /** A copy of a global-data map's memory (.rodata, .data, .bss); before load its initial value, after it the live one. */
  readImage(map: string): Uint8Array | number;
  /** Overwrites part of that memory. After load -EPERM for .rodata, which is frozen. */
  writeImage(map: string, offset: number, bytes: Uint8Array): number;
  load(): number;
  /**
   * The program that the verifier rejected in the last `load()`, with its log, from a buffer of this program's own.
   * -ENOENT if the load succeeded, or failed otherwise.
   */
  refusedProgram(): NativeRefusal | number;
  /** A map by a descriptor of its own. -ENOENT when there is no such map, -EINVAL before load. */
  openMap(map: string): NativeMap | number;
  /** The object's own descriptor of a map. */
  mapFd(map: string): number;
  programFd(program: string): number;
  /** `recursion_misses` of its bpf_prog_info; 0 before Linux 5.12. A negated errno before load. */
  programMisses(program: string): number;
  /** Attaches by the program's section. */
  attach(program: string): NativeLink | number;
  /** Attaches to a perf event, which the link owns from then on, also when attaching fails. */
  attachPerfEvent(program: string, fd: number): NativeLink | number;
  attachRawTracepoint(program: string, tracepoint: string): NativeLink | number;
  attachKprobe(program: string, symbol: string, atReturn: boolean): NativeLink | number;
  /** `pid` -1 for every process; `symbol` empty to take `offset` as it is. */
  attachUprobe(
    program: string,
    path: string,
    symbol: string,
    offset: number,
    pid: number,
    atReturn: boolean,
  ): NativeLink | number;
  attachCgroup(program: string, cgroupFd: number): NativeLink | number;
  attachXdp(program: string, ifindex: number): NativeLink | number;
  attachIter(program: string): NativeLink | number;
  /** Unloads everything the object loaded. Links stay until they are destroyed themselves. Idempotent. */
  close(): void;
}

/** A loaded map. Arrays of another size than the kernel reads and writes are refused: -EINVAL. */
export interface NativeMap {
  /** It lasts until `close`, whatever becomes of the object. */
  fd(): number;
  lookup(key: Uint8Array, value: Uint8Array): number;
  update(key: Uint8Array, value: Uint8Array, flags: number): number;
  delete(key: Uint8Array): number;
  /** Fills `next` with the key that follows `key` (null: the first); -ENOENT past the last. */
  nextKey(key: Uint8Array | null, next: Uint8Array): number;
  /**
   * Reads all entries of a hash map in one call, keys one behind the other and so values, and removes them where that is
   * asked for. The arrays must have room for as many as there can be. Returns how many there were; -ENOSPC when there
   * were more. Kernel 5.6.
   */
  readAll(keys: Uint8Array, values: Uint8Array, remove: boolean): number;
  /** Idempotent. */
  close(): void;
}

export interface NativeLink {
  /** The link's fd, for example for bpf_iter_create. */
  fd(): number;
  /** A new iterator over an attached iter program: an fd to read. */
  createIterator(): number;
  /** Detaches. Idempotent. */
  close(): void;
}

/** The reading side of one ring buffer, mapped into memory. */
export interface NativeRing {
  /**
   * Moves whole records into `target`, oldest first, as many as fit and are complete, and frees
   * their room in the ring. Records lie there as the kernel wrote them: an 8-byte header, whose first
   * u32 is the length (bit 30: discarded, skip it) and the payload, padded to 8. Where they had to be
   * sorted, those that were discarded are left out. Returns the bytes moved; -ENOSPC when the first record alone does not
   * fit.
   */
  consume(target: Uint8Array): number;
  /** Bytes between the consumer's and the producer's position, headers included. */
  pending(): number;
  /** Calls `ready` once, from the event loop, when the kernel signals data or some is there already. Keeps the event loop alive until then. */
  wait(ready: () => void): number;
  /** Takes `wait` back: `ready` is not called any more. */
  cancel(): void;
  /** Unmaps the ring. Idempotent, safe while waiting and from within `ready`. */
  close(): void;
}
