import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeProgram } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkInstance, checkPath, checkText } from './arguments.js';
import { type IteratorOptions, iterator } from './attach-iterator.js';
import * as net from './attach-net.js';
import { type RouteOptions, route } from './attach-rtnetlink.js';
import * as trace from './attach-trace.js';
import { type Attachment, attachError } from './attachment.js';
import { ClosedError, check } from './errors.js';
import { Lifetime } from './lifetime.js';
import { BpfLink } from './link.js';
import { withWarnings } from './log.js';
import type { AnyMap } from './map.js';
import { openById, openPinned } from './open-existing.js';
import { Pins } from './pin.js';
import { codeOf, instructionsOf, type ProgramInstruction } from './program-code.js';
import { idOrZero, type ProgramInfo, readProgramInfo } from './program-info.js';
import * as opening from './program-open.js';
import { type RunOptions, type RunResult, runProgram } from './program-run.js';
import { type AttachType, attachMethod, CGROUP_PROGRAMS, type ProgramType } from './program-type.js';

/**
 * A loaded program, by a descriptor of its own. A program that is in use keeps all of its object from being collected. One
 * of `fromPin()` or `byId()` has no object: libbpf does not attach it to kprobes, uprobes, USDT probes or functions of other
 * programs (UsageError); its other methods work.
 * Methods that attach throw UnsupportedError if the kernel lacks the hook, NotFoundError for a file, symbol, interface or
 * process that is missing, PrivilegeError or BpfError if the kernel refuses, UsageError for wrong arguments and programs of
 * another type, and ClosedError.
 */
export class BpfProgram {
  /** Without an object, its first 15 characters, which are all that the kernel keeps. */
  readonly name: string;
  /** Its ELF section, which names the hook of `attach()`: `tp/syscalls/sys_exit_openat`; empty without an object. */
  readonly section: string;
  readonly type: ProgramType;
  /** The hook that it was loaded for, among those of its type; undefined for types that have no choice. */
  readonly attachType: AttachType | undefined;
  readonly #native: NativeProgram;
  readonly #object: Lifetime;
  readonly #links = new Set<BpfLink>();
  readonly #pins = new Pins();
  #wasAttached = false;
  #isClosed = false;

  /** @internal Made by `OpenedObject.load()`, `fromPin` and `byId`. */
  constructor(native: NativeProgram, object: Lifetime, info: opening.ProgramIdentity) {
    this.#native = native;
    this.#object = object;
    this.name = info.name;
    this.section = info.section;
    this.type = info.type;
    this.attachType = info.attachType;
  }

  /**
   * Opens a pinned program: `unpin()` removes the pin. Throws NotFoundError if nothing is pinned there, BpfError if it is
   * not a program, or not in a BPF file system, and UsageError.
   */
  static fromPin(path: string, options: opening.OpenProgramOptions = {}): BpfProgram {
    opening.checkProgramOptions(options);
    const program = BpfProgram.#alone(openPinned('program', path, loadBinding().openPinnedProgram), options);
    program.#pins.adopt(path);
    return program;
  }

  /**
   * Opens a program by its id, as `loadedPrograms()` and prog arrays have it (CAP_SYS_ADMIN). Throws NotFoundError if there
   * is none, PrivilegeError or BpfError, and UsageError.
   */
  static byId(id: number, options: opening.OpenProgramOptions = {}): BpfProgram {
    opening.checkProgramOptions(options);
    return BpfProgram.#alone(openById('program', id, loadBinding().openProgramById), options);
  }

  static #alone(native: NativeProgram, options: opening.OpenProgramOptions): BpfProgram {
    try {
      return new BpfProgram(native, new Lifetime(), opening.identityOf(native, options));
    } catch (error) {
      native.close();
      throw error;
    }
  }

  #check(): void {
    this.#object.check();
    if (this.#isClosed) throw new ClosedError(`the program ${this.name} is closed`);
  }

  /** The program's descriptor (O_CLOEXEC), valid until `close()`. */
  get fd(): number {
    this.#check();
    return check(this.#native.fd(), `the program ${this.name} has no descriptor`);
  }

  /**
   * Number of runs that the kernel skipped because it or another program was already running on that CPU: a program that
   * interrupts itself, or, where programs are preempted (7.x), one of another task. Kernel 5.12, 0 before.
   */
  get misses(): number {
    this.#check();
    return check(this.#native.misses(), `cannot read the statistics of ${this.name}`);
  }

  /** The kernel's description of the program. */
  info(): ProgramInfo {
    this.#check();
    return readProgramInfo(this.#native, this.name);
  }

  /** The kernel's id of the program. */
  get id(): number {
    return this.info().id;
  }

  /**
   * Pins the program to a path on a BPF file system: it stays loaded when this process ends, until it is unpinned. Throws
   * BpfError for a path where something is, or that is not in a BPF file system.
   */
  pin(path: string): void {
    this.#check();
    checkPath('path', path);
    this.#pins.add(`the program ${this.name}`, path, (to) => this.#native.pin(to));
  }

  /**
   * The BPF code as the verifier has left it (struct bpf_insn), with ids of maps in place of descriptors. Undefined if the
   * kernel withholds it: without CAP_BPF, or if constants are blinded (`jitState().isHardened`), by kptr_restrict.
   */
  translatedCode(): Uint8Array | undefined {
    this.#check();
    return codeOf(this.#native, this.name, false);
  }

  /**
   * Disassembles `translatedCode()`. Lines of the source are those of the BTF in the object, which takes CAP_SYS_ADMIN.
   * Names of helpers take the right to read kernel addresses (kptr_restrict): without it, a call is `call unknown#0`.
   */
  instructions(): ProgramInstruction[] | undefined {
    this.#check();
    return instructionsOf(this.#native, this.name);
  }

  /**
   * The machine code, one function after another. Undefined if the kernel interprets the program (`ProgramInfo.jitedSize` is
   * 0), or withholds the code: without CAP_BPF, and from those who may not read kernel addresses (kptr_restrict).
   */
  machineCode(): Uint8Array | undefined {
    this.#check();
    return codeOf(this.#native, this.name, true);
  }

  /** Removes the paths that `pin()` made, or that `fromPin()` opened. */
  unpin(): void {
    this.#check();
    this.#pins.remove();
  }

  /**
   * Runs the program once, or `repeat` times, on the packet or context given (BPF_PROG_TEST_RUN): programs of type
   * socket_filter, sched_cls, sched_act, xdp, cgroup_skb, lwt, flow_dissector, raw_tracepoint (5.10), sk_lookup (5.13),
   * syscall (5.14), netfilter (6.4), and tracing programs on functions. Throws UsageError for other types, and
   * UnsupportedError if the kernel is older.
   */
  run(options: RunOptions = {}): RunResult {
    this.#check();
    return runProgram(this.#native, this, options);
  }

  #keep({ where, attach, explain }: Attachment): BpfLink {
    this.#check();
    const [result, warnings] = withWarnings(() => attach(this.#native));
    const operation = `cannot attach ${this.name} to ${where}`;
    if (typeof result === 'number') {
      const failure = { type: this.type, section: this.section, wasAttached: this.#wasAttached, warnings };
      throw explain?.(operation, -result) ?? attachError(operation, -result, failure);
    }
    const link = new BpfLink(result, this.#object, {
      what: `the link of ${this.name} to ${where}`,
      where,
      programId: idOrZero(this.#native),
      forget: (closed) => {
        this.#links.delete(closed);
        this.#object.delete(closed);
      },
    });
    this.#wasAttached = true;
    this.#links.add(link);
    this.#object.add(link);
    // By the listener to libbpf's log.
    if (this.#isClosed) link.close();
    this.#check();
    return link;
  }

  /** Refuses a method that is not for programs of this type. */
  #only(types: readonly ProgramType[]): void {
    this.#check();
    if (types.includes(this.type)) return;
    const method = attachMethod(this.type) ?? 'attach()';
    throw new UsageError(`${this.name} is a program of type ${this.type}: use ${method}`);
  }

  /**
   * Attaches to the hook that the section names. Throws UsageError if it names none, as those of XDP, tc, socket and cgroup
   * programs; the message says which method attaches them.
   */
  attach(): BpfLink {
    this.#check();
    if (this.section === '') {
      const method = attachMethod(this.type) ?? 'attachTrace() or attachIterator()';
      throw new UsageError(`cannot attach ${this.name}: its section is not known without its object; use ${method}`);
    }
    const [, category, name] = /^(?:tp|tracepoint)\/([^/]+)\/(.+)$/.exec(this.section) ?? [];
    if (category && name) return this.attachTracepoint(category, name);
    const explainHook = trace.explainSection(this.section);
    return this.#keep({
      where: this.section,
      attach: (native) => native.attach(),
      explain: (operation, errno) => {
        const method = errno === ERRNO.EOPNOTSUPP ? attachMethod(this.type) : undefined;
        if (!method) return explainHook?.(operation, errno);
        return new UsageError(`cannot attach ${this.name}: its section ${this.section} names no hook; use ${method}`);
      },
    });
  }

  /** Attaches to a tracepoint, such as `syscalls`, `sys_exit_openat`. Needs tracefs, mounted or (CAP_SYS_ADMIN, 5.2) not. */
  attachTracepoint(category: string, name: string): BpfLink {
    this.#only(['tracepoint']);
    return this.#keep(trace.tracepoint(this.name, category, name));
  }

  /** Attaches a raw_tp program to a raw tracepoint. */
  attachRawTracepoint(name: string): BpfLink {
    this.#only(['raw_tracepoint', 'raw_tracepoint_writable']);
    return this.#keep(trace.rawTracepoint(name));
  }

  /** Attaches a kprobe program to the entry or return of a kernel function. */
  attachKprobe(symbol: string, options: trace.KprobeOptions = {}): BpfLink {
    this.#only(['kprobe']);
    return this.#keep(trace.kprobe(this.section, symbol, options));
  }

  /**
   * Attaches a program of a section `kprobe.multi` or `kretprobe.multi` to many kernel functions at once: a pattern with
   * `*` and `?`, or names. Kernel 5.18.
   */
  attachKprobes(functions: string | readonly string[], options: trace.KprobeOptions = {}): BpfLink {
    this.#only(['kprobe']);
    return this.#keep(trace.kprobes(this.section, functions, options));
  }

  /**
   * Attaches to a function of a program or library: by its symbol or, if that is empty, its offset. A path without a slash
   * is found by PATH or, with `.so`, among the libraries. Throws NotFoundError if there is no such file or symbol.
   */
  attachUprobe(path: string, symbol: string, options: trace.UprobeOptions = {}): BpfLink {
    this.#only(['kprobe']);
    return this.#keep(trace.uprobe(this.section, path, symbol, options));
  }

  /**
   * Attaches a program of a section `uprobe.multi` or `uretprobe.multi` to many functions of a file at once, as
   * `attachKprobes`. Kernel 6.6, and a build with libbpf 1.3.
   */
  attachUprobes(path: string, functions: string | readonly string[], options: trace.UprobesOptions = {}): BpfLink {
    this.#only(['kprobe']);
    return this.#keep(trace.uprobes(this.section, path, functions, options));
  }

  /**
   * Attaches a program of a section `usdt` to the static probes of this name in a program or library. Throws NotFoundError
   * if there is no such file or probe.
   */
  attachUsdt(path: string, provider: string, name: string, options: trace.ProcessOptions = {}): BpfLink {
    this.#only(['kprobe']);
    return this.#keep(trace.usdt(path, provider, name, options));
  }

  /**
   * Attaches an fentry, fexit, fmod_ret, LSM or tp_btf program to the function or tracepoint of its section, or of
   * `OpenedProgram.attachTarget`. Throws BpfError if the kernel can't trace functions so.
   */
  attachTrace(): BpfLink {
    this.#only(['tracing', 'lsm']);
    return this.#keep({ where: this.section || 'its function', attach: (native) => native.attachTrace() });
  }

  /** Opens a perf event, and runs a perf_event program at each of its samples. */
  attachPerfEvent(options: trace.PerfEventOptions): BpfLink {
    this.#only(['perf_event']);
    return this.#keep(trace.perfEvent(options));
  }

  /**
   * Attaches a freplace program in place of a global function of a loaded program, which `OpenedProgram.setAttachTarget`
   * named before load, or another one of the same type. Kernel 5.10.
   */
  attachFreplace(target: BpfProgram, name: string): BpfLink {
    this.#only(['ext']);
    checkInstance('target', target, BpfProgram);
    checkText('function', name);
    const { fd } = target;
    return this.#keep({ where: `${name} of ${target.name}`, attach: (native) => native.attachFreplace(fd, name) });
  }

  /** Attaches an iterator program, to be run by `BpfLink.read()` or `openIterator()`. Kernel 5.8. */
  attachIterator(options: IteratorOptions = {}): BpfLink {
    this.#only(['tracing']);
    return this.#keep(iterator(this.section || 'its iterator', options));
  }

  /**
   * Attaches a socket filter to a socket's descriptor (SO_ATTACH_BPF), or a sk_reuseport program to the group of sockets
   * that shares its address. It replaces an earlier one. The link keeps no descriptor: it ends with the socket.
   */
  attachSocket(fd: number): BpfLink {
    this.#only(['socket_filter', 'sk_reuseport']);
    return this.#keep(net.socket(this.type, fd));
  }

  /**
   * Attaches an XDP program to an interface of this process's network namespace. Throws NotFoundError if there is none,
   * and BpfError (`EBUSY`) if it has another program. Kernel 5.9.
   */
  attachXdp(device: string, options: net.XdpOptions = {}): BpfLink {
    this.#only(['xdp']);
    return this.#keep(net.xdp(device, options));
  }

  /**
   * Attaches a tc classifier to packets that an interface receives or sends: by tcx, with a link, or as a filter of
   * clsact, which is made if it is missing and stays. A filter's program runs in direct action: it returns TC_ACT_*. An
   * action (sched_act) is attached to a filter of its own that matches each packet (tc-matchall(8)).
   */
  attachTc(device: string, direction: 'ingress' | 'egress', options: net.TcOptions = {}): BpfLink {
    this.#only(['sched_cls', 'sched_act']);
    return this.#keep(net.tc(this.type, device, direction, options));
  }

  /**
   * Attaches an lwt_in, lwt_out, lwt_xmit or lwt_seg6local program to a new route of this process's network namespace, as
   * `ip route add DESTINATION dev DEVICE encap bpf ...` does: `10.0.0.0/8`, or an address. ip(8) shows it as `proto 153`. It
   * is removed when the link is closed. Throws BpfError (`EEXIST`) if there is such a route.
   */
  attachRoute(destination: string, options: RouteOptions): BpfLink {
    this.#only(['lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local']);
    return this.#keep(route(this.type, destination, options));
  }

  /** Attaches to a cgroup v2 and its descendants. Throws the file system's error if the path can't be opened. */
  attachCgroup(path: string, options: net.CgroupOptions = {}): BpfLink {
    this.#only(CGROUP_PROGRAMS);
    return this.#keep(net.cgroup(this.attachType, path, options));
  }

  /**
   * Attaches a sk_lookup program (5.9) or a flow dissector (5.8) to a network namespace, by the path of its file (default:
   * this process's). Throws the file system's error if it can't be opened.
   */
  attachNetns(path = '/proc/self/ns/net'): BpfLink {
    this.#only(['sk_lookup', 'flow_dissector']);
    return this.#keep(net.netns(this.attachType, path));
  }

  /**
   * Attaches a sk_skb or sk_msg program to a sockmap or sockhash: to each socket that is added from then on. A socket keeps
   * the program until it is removed from the map, also when the link is closed.
   */
  attachSockmap(map: AnyMap): BpfLink {
    this.#only(['sk_skb', 'sk_msg']);
    return this.#keep(net.sockmap(this.attachType, map));
  }

  /** Attaches a netfilter program to a hook in this process's network namespace. Kernel 6.4. */
  attachNetfilter(options: net.NetfilterOptions): BpfLink {
    this.#only(['netfilter']);
    return this.#keep(net.netfilter(options));
  }

  /** Closes all links of this program. It can be attached again. */
  detach(): void {
    for (const link of this.#links) link.close();
  }

  /** Detaches the program and closes its descriptor. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.detach();
    this.#native.close();
    this.#object.delete(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
