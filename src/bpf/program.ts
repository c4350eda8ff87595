import { closeSync, existsSync, openSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { NotFoundError } from '../errors.js';
import type { NativeLink, NativeObject, NativeProgramInfo } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { BpfError, check, refused, UnsupportedError } from './errors.js';
import { BpfLink } from './link.js';
import { withWarnings } from './log.js';
import { tracepointId } from './tracefs.js';

export interface KprobeOptions {
  /** Run at the function's return instead of its entry. */
  atReturn?: boolean;
}

export interface UprobeOptions extends KprobeOptions {
  /** Bytes from the symbol, or from the file's start when there is no symbol. */
  offset?: number;
  /** Only in this process; all when left out. */
  pid?: number;
}

const ENOENT = 2;

/**
 * One program of an object. Methods that attach it throw UnsupportedError if the kernel has no such hook, PrivilegeError, or
 * BpfError, and NotFoundError if a file or network interface has no such thing.
 */
export class BpfProgram {
  readonly name: string;
  /** The ELF section, which says where `attach()` puts it: `tp/syscalls/sys_exit_openat`. */
  readonly section: string;
  /** enum bpf_prog_type of include/uapi/linux/bpf.h */
  readonly type: number;
  readonly #native: NativeObject;
  readonly #links = new Set<BpfLink>();
  #autoload = true;

  /** @internal Made by `BpfObject`. */
  constructor(native: NativeObject, info: NativeProgramInfo) {
    this.#native = native;
    this.name = info.name;
    this.section = info.section;
    this.type = info.type;
  }

  /** Whether `load()` loads this program: true for all unless told otherwise. Before load only. */
  set autoload(load: boolean) {
    check(this.#native.setAutoload(this.name, load), `cannot change autoload of ${this.name}`);
    this.#autoload = load;
  }

  get autoload(): boolean {
    return this.#autoload;
  }

  /** For tp_btf, fentry, fexit and LSM programs: the hook to take instead of the section's. Before load only. */
  set attachTarget(target: string) {
    check(this.#native.setAttachTarget(this.name, target), `cannot set the target of ${this.name} to ${target}`);
  }

  /** The program's fd, owned by the object. After load only. */
  get fd(): number {
    return check(this.#native.programFd(this.name), `${this.name} is not loaded`);
  }

  /**
   * How often the kernel did not run it, since on that CPU it or another one was running already: a program that
   * interrupts itself, or, where programs are preempted (7.x), one of another task. Kernel 5.12, 0 before. After load only.
   */
  get misses(): number {
    return check(this.#native.programMisses(this.name), `${this.name} is not loaded`);
  }

  #keep(
    attach: () => NativeLink | number,
    where: string,
    missing: (operation: string) => Error = (operation) =>
      new UnsupportedError(`${operation}: this kernel has no such hook`),
  ): BpfLink {
    const [result, warnings] = withWarnings(attach);
    if (typeof result === 'number') {
      const operation = `cannot attach ${this.name} to ${where}`;
      if (-result === ENOENT) throw missing(operation);
      const error = refused(operation, -result);
      throw error instanceof BpfError && warnings ? Object.assign(error, { cause: warnings }) : error;
    }
    const link = new BpfLink(result, (closed) => this.#links.delete(closed));
    this.#links.add(link);
    return link;
  }

  /** Attaches where the section says. */
  attach(): BpfLink {
    const [, category, name] = /^(?:tp|tracepoint)\/([^/]+)\/(.+)$/.exec(this.section) ?? [];
    if (category && name) return this.attachTracepoint(category, name);
    return this.#keep(() => this.#native.attach(this.name), this.section);
  }

  /** Attaches to a tracepoint, such as `syscalls`, `sys_exit_openat`; needs tracefs, mounted or not. */
  attachTracepoint(category: string, name: string): BpfLink {
    const where = `tracepoint ${category}:${name}`;
    const id = tracepointId(category, name);
    if (id === undefined) throw new UnsupportedError(`cannot attach ${this.name}: this kernel does not have ${where}`);
    const fd = check(loadBinding().openTracepoint(id), `cannot open ${where}`);
    return this.#keep(() => this.#native.attachPerfEvent(this.name, fd), where);
  }

  /** Attaches a raw_tp program to another raw tracepoint than its section's. Kernel 4.17. */
  attachRawTracepoint(name: string): BpfLink {
    return this.#keep(() => this.#native.attachRawTracepoint(this.name, name), `raw tracepoint ${name}`);
  }

  /** Attaches to a kernel function. */
  attachKprobe(symbol: string, { atReturn = false }: KprobeOptions = {}): BpfLink {
    return this.#keep(() => this.#native.attachKprobe(this.name, symbol, atReturn), `function ${symbol}`);
  }

  /** Attaches to a function of a program or library, by its symbol (libbpf 1.0) or, with an empty one, by its offset in the file. */
  attachUprobe(path: string, symbol: string, { atReturn = false, offset = 0, pid = -1 }: UprobeOptions = {}): BpfLink {
    const attach = () => this.#native.attachUprobe(this.name, path, symbol, offset, pid, atReturn);
    return this.#keep(attach, `${symbol || offset} of ${path}`, (operation) => {
      if (path.includes('/') && !existsSync(path))
        return new NotFoundError('file', path, `${operation}: there is no such file`);
      if (!existsSync('/sys/bus/event_source/devices/uprobe'))
        return new UnsupportedError(`${operation}: this kernel has no uprobes`);
      return new NotFoundError('symbol', symbol, `${operation}: there is no such symbol`);
    });
  }

  /** Attaches to a cgroup v2 and everything below it. */
  attachCgroup(path: string): BpfLink {
    const fd = openSync(path, 'r');
    try {
      return this.#keep(() => this.#native.attachCgroup(this.name, fd), `cgroup ${path}`);
    } finally {
      closeSync(fd);
    }
  }

  /** Attaches an XDP program to a network interface of our network namespace, or throws NotFoundError. */
  attachXdp(device: string): BpfLink {
    const index = loadBinding().interfaceIndex(device);
    if (index < 0) {
      const known = Object.keys(networkInterfaces());
      throw NotFoundError.among('network interface', device, known);
    }
    return this.#keep(() => this.#native.attachXdp(this.name, index), `interface ${device}`);
  }

  /** Attaches an iterator program; see `BpfLink.openIterator`. Kernel 5.8. */
  attachIterator(): BpfLink {
    return this.#keep(() => this.#native.attachIter(this.name), this.section);
  }

  /** Detaches it everywhere. May be called more than once. */
  close(): void {
    for (const link of this.#links) link.close();
  }
}
