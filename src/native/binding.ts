import type { NativeLink, NativeLinkInfo } from './links.js';
import type { NativeRing, NativeUserRing } from './rings.js';

/**
 * Interface of the C++ addon: libbpf without policy. A call that libbpf or the kernel refuses returns the negated errno;
 * names, defaults and messages are left to `src/bpf`. A call after `close()` returns -EBADF. Arguments of a wrong type
 * throw TypeError. All descriptors are O_CLOEXEC.
 */
export interface Binding {
  /** The version of the loaded libbpf, major and minor: `1.5`. */
  libbpfVersion(): string;
  /** The version of the headers that the addon was built with, and so of the newest functions that it can call: `1.1`. */
  libbpfHeaders(): string;
  /**
   * Sets the receiver of libbpf's log, up to a level: 0 for warnings, 1 for information, 2 for debugging (a load has more
   * than a thousand lines). It is called synchronously, on this thread, during calls into libbpf.
   */
  setLog(receive: (level: number, text: string) => void, mostLevel: number): void;
  /** Discards the log. */
  setLog(receive: null): void;
  /** Number of possible CPUs, and of slots in a per-CPU value. */
  possibleCpus(): number;
  /**
   * 1 if the kernel has a feature, 0 if not: of kind 0 the type `number` of programs, of kind 1 of maps, of kind 2 a helper
   * in programs of this type. -EOPNOTSUPP if libbpf has no probe for it.
   */
  probeFeature(kind: number, number: number, helper: number): number;
  /** Creates a thread that does nothing, and joins it. */
  createThread(): number;
  /** CLOCK_BOOTTIME in nanoseconds, in this process's time namespace. */
  bootTime(): bigint;
  /** Current difference of CLOCK_REALTIME and CLOCK_BOOTTIME, and the largest possible error, in nanoseconds. */
  bootToRealtime(): { offset: bigint; error: number };
  /** Opens a private tracefs (fsopen(2), kernel 5.2, CAP_SYS_ADMIN). Returns a descriptor; its files are below /proc/self/fd. */
  openTracefs(): number;
  /** pidfd_open(2). Kernel 5.3. */
  openPidfd(pid: number): number;
  /** close(2). */
  closeFd(fd: number): void;
  /** Index of an interface of this process's network namespace: if_nametoindex(3). /sys may show another namespace. */
  interfaceIndex(name: string): number;
  /** Whether the other end of a pipe or socket is closed: poll(2) reports POLLERR or POLLHUP. */
  isPeerGone(fd: number): boolean;
  /** _exit(2). */
  exitNow(status: number): void;
  /** perf_event_open(2). `pid` and `cpu` are -1 for all; `period` is a frequency in Hz with `isFrequency`. */
  openPerfEvent(type: number, config: number, period: number, isFrequency: boolean, pid: number, cpu: number): number;
  /** Opens a pinned link: BPF_OBJ_GET, which opens maps and programs, too. */
  openLink(path: string): NativeLink | number;
  openLinkById(id: number): NativeLink | number;
  openProgramById(id: number): NativeProgram | number;
  /** -EINVAL for the pin of something else. */
  openPinnedProgram(path: string): NativeProgram | number;
  /** Opens the writing side of a BPF_MAP_TYPE_USER_RINGBUF map, which has one writer. */
  openUserRing(fd: number): NativeUserRing | number;
  /**
   * Opens an object, without involving the kernel. `btf` is a file to relocate to; empty for the running kernel. `pinRoot`
   * is the folder of maps that are pinned by name; empty for /sys/fs/bpf. `token` is the BPF file system whose token is
   * used; empty for none. -ENOSYS for one if this was built with a libbpf before 1.5.
   */
  openObject(bytes: Uint8Array, name: string, btf: string, pinRoot: string, token: string): NativeObject | number;
  /**
   * Makes a map. `inner` is the descriptor of the map that inner maps have to be like, or -1. `isTyped` describes key and
   * value by BTF, an int and bytes, as storages want it.
   */
  createMap(
    type: number,
    name: string,
    keySize: number,
    valueSize: number,
    maxEntries: number,
    flags: number,
    inner: number,
    isTyped: boolean,
  ): NativeMap | number;
  openMapById(id: number): NativeMap | number;
  /** -EINVAL for the pin of something else. */
  openPinnedMap(path: string): NativeMap | number;
  /** C declarations of all types of a file (raw BTF, or ELF with .BTF), in the order of their ids. */
  dumpBtf(path: string): string | number;
  /** The smallest id above `after` of this kind of object; -ENOENT past the last. CAP_SYS_ADMIN. */
  nextId(kind: ObjectKind, after: number): number;
  /** The kernel's description of it; -ENOENT if it is gone. CAP_SYS_ADMIN. */
  describe<Kind extends ObjectKind>(kind: Kind, id: number): ObjectDetails[Kind] | number;
  /** Links objects into one file by bpf_linker__add_file. */
  linkObjects(output: string, ...inputs: string[]): number;
  /**
   * Opens the reading side of a BPF_MAP_TYPE_RINGBUF map whose data area has `size` bytes, by a descriptor of its own.
   * `orderBy` is the offset in a record, a multiple of 8, of a u64 by which `consume` sorts; negative for no sorting.
   */
  openRing(fd: number, size: number, orderBy: number): NativeRing | number;
  /**
   * Opens a buffer of `pages` (a power of two) for each CPU that is online, and puts it into a perf event array of this
   * many entries.
   */
  openPerfBuffer(fd: number, entries: number, pages: number, orderBy: number): NativeRing | number;
}

/** Kinds of BPF objects that the kernel numbers: program, map, link, BTF. */
export type ObjectKind = 0 | 1 | 2 | 3;

/** By kind. */
export interface ObjectDetails {
  0: NativeProgramDetails & Memory;
  1: NativeMapDescription & Memory;
  2: NativeLinkInfo;
  3: NativeBtfInfo;
}

/** BTF that is loaded. */
export interface NativeBtfInfo {
  id: number;
  /** `vmlinux`, or that of a module; empty for that of programs. */
  name: string;
  /** In bytes. */
  size: number;
  isKernel: boolean;
}

/** Numbers that describe a map. */
export interface NativeMapInfo {
  /** enum bpf_map_type */
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
}

/** A map as the object declares it. */
export interface NativeMapDeclaration extends NativeMapInfo {
  name: string;
}

/** A map of an object that is not loaded. */
export interface NativeOpenedMap extends NativeMapDeclaration {
  /** Whether it is a section of variables, such as `.bss`. */
  hasVariables: boolean;
  /** Where `load()` pins it, or takes it from; empty for nowhere. */
  pinPath: string;
}

/** A map as the kernel has it. */
export interface NativeMapDescription extends NativeMapDeclaration {
  id: number;
  /** Ids in the map's BTF; 0 if there is none. */
  keyType: number;
  valueType: number;
}

/** Progress of a call for several entries when it ended with `status`. */
export interface NativeBatch {
  status: number;
  count: number;
}

export interface NativeProgramInfo {
  name: string;
  section: string;
  /** enum bpf_prog_type */
  type: number;
  /** enum bpf_attach_type: expected at load */
  attachType: number;
  /** Whether `load()` loads it: false for sections that begin with `?`. */
  autoload: boolean;
}

export interface NativeRefusal {
  program: string;
  log: string;
}

/** An object, opened by bpf_object__open_mem. */
export interface NativeObject {
  maps(): NativeOpenedMap[];
  programs(): NativeProgramInfo[];
  setMaxEntries(map: string, entries: number): number;
  setValueSize(map: string, size: number): number;
  /** Empty for no pin. */
  setPinPath(map: string, path: string): number;
  /** Takes a map that exists in place of a new one; before load. */
  reuseMap(map: string, fd: number): number;
  setAutoload(program: string, load: boolean): number;
  /**
   * Replaces the function or tracepoint of the section, for tp_btf, fentry, fexit, LSM and freplace programs; before load.
   * `of` is the descriptor of the program that has the function, 0 for the kernel.
   */
  setAttachTarget(program: string, target: string, of: number): number;
  /** enum bpf_prog_type and enum bpf_attach_type; before load. */
  setProgramType(program: string, type: number, attachType: number): number;
  /** Registers the operations of a struct_ops map. */
  attachStructOps(map: string): NativeLink | number;
  /** A copy of the object's BTF as libbpf completed it: sizes of sections, offsets of variables. -ENOENT without BTF. */
  btf(): Uint8Array | number;
  /**
   * Returns a copy of a part of a global-data map (.rodata, .data, .bss, .kconfig): its initial contents before load, the
   * live ones after. -ERANGE outside of it.
   */
  readImage(map: string, offset: number, size: number): Uint8Array | number;
  /**
   * Overwrites a part of it. -ERANGE outside of it; -EPERM for .rodata after load, which is frozen. A map that can't be
   * mapped is read and written as a whole.
   */
  writeImage(map: string, offset: number, bytes: Uint8Array): number;
  /** For `load()`: BPF_LOG_LEVEL1 and the like, 0 for a log of a refused program alone; and bytes for each program. */
  setVerifierLog(level: number, size: number): number;
  /** Loads maps and programs into the kernel; works once. Signals are blocked meanwhile. */
  load(): number;
  /** What the verifier logged of a loaded program; empty at level 0. */
  programLog(program: string): string;
  /** The program that the verifier rejected in the last `load()`, and its log; -ENOENT if that was not the result. */
  refusedProgram(): NativeRefusal | number;
  /** Opens a map by a descriptor of its own. -ENOENT if there is no such map, -EINVAL if it is not loaded. */
  openMap(map: string): NativeMap | number;
  /** Opens a program by a descriptor of its own. -ENOENT if there is no such program, -EINVAL if it is not loaded. */
  openProgram(program: string): NativeProgram | number;
  /** The object's own descriptor of a map. */
  mapFd(map: string): number;
  /** Closes the object. Its memory lasts until its programs, and the links of USDT programs, are closed too. Idempotent. */
  close(): void;
}

/** bpf_prog_info, times in nanoseconds. */
/** Machine code of a function, the size in bytes. */
export interface NativeFunctionPlace {
  address: bigint;
  size: number;
}

export interface NativeProgramDetails {
  id: number;
  type: number;
  name: string;
  tag: Uint8Array;
  loadTime: bigint;
  uid: number;
  mapIds: number[];
  functions: NativeFunctionPlace[];
  runTime: bigint;
  runCount: bigint;
  jitedSize: number;
  translatedSize: number;
  misses: bigint;
  verifiedInstructions: number;
}

/** What only a file in /proc tells of a program or map: bytes that the kernel charges for it, 0 without /proc. */
interface Memory {
  memory: number;
}

/** Where a program's code comes from: empty without CAP_BPF. Places are in instructions after the verifier. */
export interface NativeOrigin {
  /** Records of struct bpf_func_info, in the order of their places. */
  functions: Uint8Array;
  /** Records of struct bpf_line_info, in the order of their places. */
  lines: Uint8Array;
  /** Raw BTF, whose types and strings they refer to. */
  btf: Uint8Array;
}

export interface NativeRun {
  ret: number;
  duration: number;
  dataSize: number;
  contextSize: number;
}

/**
 * A program by a descriptor of its own: of a loaded object, or opened by its pin or id. Of the latter, only those methods
 * attach that need no more than the descriptor; the others return -EOPNOTSUPP.
 */
export interface NativeProgram {
  /** Its descriptor, valid until `close()`. */
  fd(): number;
  /** `recursion_misses` of its bpf_prog_info; 0 before Linux 5.12. */
  misses(): number;
  info(): NativeProgramDetails | number;
  memory(): number;
  /** Machine code, or BPF code as the verifier has left it. -ENOENT if there is none, -EPERM if the kernel withholds it. */
  code(isJited: boolean): Uint8Array | number;
  /** -ENOENT for a program without BTF, -EPERM without CAP_SYS_ADMIN. */
  origin(): NativeOrigin | number;
  /** BPF_OBJ_PIN */
  pin(path: string): number;
  /**
   * BPF_PROG_TEST_RUN. Empty arrays stand for nothing. The outputs are filled up to the sizes returned.
   */
  run(
    data: Uint8Array,
    context: Uint8Array,
    dataOut: Uint8Array,
    contextOut: Uint8Array,
    repeat: number,
    cpu: number,
    flags: number,
  ): NativeRun | number;
  /** Attaches by the program's section. */
  attach(): NativeLink | number;
  /** Opens a perf event, as `openPerfEvent()` does, and attaches to it. */
  attachPerfEvent(
    type: number,
    config: number,
    period: number,
    isFrequency: boolean,
    pid: number,
    cpu: number,
  ): NativeLink | number;
  attachRawTracepoint(tracepoint: string): NativeLink | number;
  attachKprobe(symbol: string, atReturn: boolean): NativeLink | number;
  /** To many functions at once: those of the array, or of the pattern if that is empty. */
  attachKprobes(pattern: string, symbols: readonly string[], atReturn: boolean): NativeLink | number;
  /** `pid` -1 for every process; `symbol` empty to take `offset` as it is. */
  attachUprobe(path: string, symbol: string, offset: number, pid: number, atReturn: boolean): NativeLink | number;
  /** As `attachKprobes`. -ENOSYS if this was built with a libbpf before 1.3. */
  attachUprobes(
    path: string,
    pattern: string,
    symbols: readonly string[],
    pid: number,
    atReturn: boolean,
  ): NativeLink | number;
  attachUsdt(path: string, provider: string, name: string, pid: number): NativeLink | number;
  /** To the function or tracepoint chosen before load. */
  attachTrace(): NativeLink | number;
  attachFreplace(programFd: number, name: string): NativeLink | number;
  /** `about` has the bytes of union bpf_iter_link_info, or none. */
  attachIter(about: Uint8Array): NativeLink | number;
  /** BPF_LINK_CREATE to the descriptor or interface index `target`. */
  createLink(target: number, attachType: number, flags: number): NativeLink | number;
  /** To a hook of a protocol family, such as NF_INET_LOCAL_IN of NFPROTO_IPV4. */
  attachNetfilter(family: number, hook: number, priority: number, flags: number): NativeLink | number;
  /** BPF_PROG_ATTACH, without a bpf_link, to a cgroup or a map. */
  attachTarget(fd: number, attachType: number, flags: number): NativeLink | number;
  /** SO_ATTACH_BPF or SO_ATTACH_REUSEPORT_EBPF, without a bpf_link. */
  attachSocket(fd: number, isReuseport: boolean): NativeLink | number;
  /** By netlink, without a bpf_link; replaces a program attached by netlink. `flags`: XDP_FLAGS_SKB_MODE and the like. */
  replaceXdp(ifindex: number, flags: number): NativeLink | number;
  /** As a filter of clsact, without a bpf_link. 0 for a priority or handle that the kernel chooses. */
  attachTc(ifindex: number, isIngress: boolean, priority: number, handle: number): NativeLink | number;
  /**
   * By a message of rtnetlink(7), without a bpf_link: of the type RTM_NEW* to attach, and of the next type, RTM_DEL*, to
   * detach. The body ends with attributes of 28 and 4 bytes, for the program's name and descriptor, which are filled in.
   * `clsact`: index of an interface that needs this queue discipline, or 0.
   */
  attachNetlink(type: number, body: Uint8Array, clsact: number): NativeLink | number;
  /** Closes the descriptor. Links stay until they are closed. Idempotent. */
  close(): void;
}

/** Calls for single entries of a map. They return 0 or a negated errno: -EBADF once the map is closed. */
export interface NativeMapCalls {
  /**
   * Memory of the calls: a key (`keySize` bytes), and at the following multiple of 8 a value, of all possible CPUs in a
   * per-CPU map. It stays valid after `close()`.
   */
  readonly memory: ArrayBuffer;
  /** Fills the value with that of the key. */
  readonly lookup: () => number;
  /** The same, while the value's bpf_spin_lock is held. -EINVAL if it has none. */
  readonly lookupLocked: () => number;
  /** Fills the value, and removes the entry. */
  readonly lookupAndDelete: () => number;
  /** Stores key and value. `flags`: BPF_ANY and the like. */
  readonly update: (flags: number) => number;
  /** Removes the key's entry. */
  readonly delete: () => number;
  /** Replaces the key by the one that follows it, or by the first; -ENOENT past the last. */
  readonly nextKey: (first: boolean) => number;
}

/** A map of the kernel, by a descriptor of its own. */
export interface NativeMap {
  /** Its descriptor, valid until `close()`. */
  fd(): number;
  /** The kernel's own numbers, read once. */
  info(): NativeMapDescription | number;
  /** The calls for single entries; -EBUSY the second time. */
  calls(): NativeMapCalls | number;
  /**
   * Reads entries, as many as the arrays have room for: keys into one, values into the other, in the same order. With
   * `remove` it removes them. `position`, of at least 4 bytes and the size of a key, is where the next call continues.
   * Status -ENOENT at the end; -ENOSPC if there is too little room for a bucket of a hash. Kernel 5.6.
   */
  readBatch(position: Uint8Array, first: boolean, keys: Uint8Array, values: Uint8Array, remove: boolean): NativeBatch;
  /** Writes as many entries as both arrays have. Kernel 5.6. */
  writeBatch(keys: Uint8Array, values: Uint8Array): NativeBatch;
  /** The BTF of `keyType` and `valueType`, raw; -ENOENT if there is none. Needs CAP_SYS_ADMIN. */
  types(): Uint8Array | number;
  /** BPF_MAP_FREEZE. Kernel 5.2. */
  freeze(): number;
  /** Pins it to a file of a BPF file system. */
  pin(path: string): number;
  /** The memory of an array with BPF_F_MMAPABLE. It is unmapped when the buffer is collected. Kernel 5.5. */
  mmap(): ArrayBuffer | number;
  /** Closes the descriptor. Idempotent. */
  close(): void;
}
