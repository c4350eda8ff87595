import { close, createReadStream, read, readlinkSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { mistake } from '../mistake.js';
import type { NativeLink } from '../native/links.js';
import { loadBinding } from '../native/load.js';
import { checkInteger, checkPath } from './arguments.js';
import { BpfError, ClosedError, check, refused, UnsupportedError } from './errors.js';
import { Lifetime } from './lifetime.js';
import { type LinkInfo, linkInfo } from './link-info.js';
import { openById, openPinned } from './open-existing.js';
import { Pins } from './pin.js';

/** A program that takes the place of a link's own. */
interface Program {
  readonly fd: number;
  readonly id: number;
}

/**
 * Attachments without a link in the kernel. Nothing but this removes them when the process ends by process.exit() or by an
 * exception, for then the addon is not torn down.
 */
const attachments = new Set<WeakRef<BpfLink>>();

function closeAttachments(): void {
  for (const reference of attachments) reference.deref()?.close();
}

/** Properties of a new link. */
interface LinkDetails {
  /** Names it in messages. */
  readonly what: string;
  /** Its hook, in words. */
  readonly where: string;
  readonly programId: number;
  readonly forget: (link: BpfLink) => void;
}

/** fs.read, for iterators: a call that has passed a million objects, of which the program wrote nothing, fails with EAGAIN. */
function readAgain(
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number | null,
  done: (error: NodeJS.ErrnoException | null, count: number, bytes: Uint8Array) => void,
): void {
  read(fd, bytes, offset, length, position, (error, count) => {
    if (error?.code === 'EAGAIN') readAgain(fd, bytes, offset, length, position, done);
    else done(error, count, bytes);
  });
}

/**
 * A program attached to a hook, by a descriptor of its own. The program stays attached until the link, its program or its
 * object is closed; a pinned link outlives them, and this process. A link that is in use keeps all of its object from being
 * collected.
 *
 * Some attachments have no link in the kernel: programs on sockets and on sockmaps, filters of clsact, routes, XDP programs
 * that replaced another, and cgroup programs of another mode than `link`. They are detached by `close()` just so, and when
 * this process ends, also by process.exit() or an exception; if a signal ends it, Ctrl-C for example, those on interfaces,
 * routes, cgroups and pinned maps stay: end by process.exit() in a handler of the signal. They have no `fd` and can't be
 * pinned.
 */
export class BpfLink {
  readonly #native: NativeLink;
  readonly #object: Lifetime;
  readonly #details: LinkDetails;
  readonly #pins = new Pins();
  readonly #reference: WeakRef<BpfLink> | undefined;
  #programId: number;
  #isClosed = false;

  /** @internal Made by `BpfProgram`, `BpfObject`, `fromPin` and `byId`. */
  constructor(native: NativeLink, object: Lifetime, details: LinkDetails) {
    this.#native = native;
    this.#object = object;
    this.#details = details;
    this.#programId = details.programId;
    if (native.fd() === -ERRNO.EOPNOTSUPP) this.#reference = new WeakRef(this);
    if (this.#reference === undefined) return;
    if (attachments.size === 0) process.on('exit', closeAttachments);
    attachments.add(this.#reference);
  }

  /**
   * Opens a pinned link. `close()` leaves it attached; `unpin()` and `close()` detach it. Throws NotFoundError if nothing is
   * pinned there, UsageError if it is not a link, and BpfError if the kernel refuses.
   */
  static fromPin(path: string): BpfLink {
    const native = openPinned<NativeLink>('link', path, loadBinding().openLink);
    const kind = readlinkSync(`/proc/self/fd/${native.fd()}`);
    const [, other] = /^anon_inode:(?:\[)?bpf[-_](?!link)(\w+)/.exec(kind) ?? [];
    if (other) {
      native.close();
      throw new UsageError(`${path} is not a link: a ${other} is pinned there`);
    }
    const what = `the link pinned at ${path}`;
    const link = new BpfLink(native, new Lifetime(), { what, where: path, programId: 0, forget: () => {} });
    link.#pins.adopt(path);
    return link;
  }

  /**
   * Opens a link by its id, as `loadedLinks()` and `info()` have it (CAP_SYS_ADMIN). Kernel 5.8. `close()` leaves it attached
   * while its owner or a pin keeps it. Throws NotFoundError if there is none, PrivilegeError or BpfError, and UsageError.
   */
  static byId(id: number): BpfLink {
    const native = openById('link', id, loadBinding().openLinkById);
    const what = `the link with the id ${id}`;
    return new BpfLink(native, new Lifetime(), { what, where: what, programId: 0, forget: () => {} });
  }

  #check(): void {
    this.#object.check();
    if (this.#isClosed) throw new ClosedError(`${this.#details.what} is closed`);
  }

  /** Throws for a call that failed, also for want of a link in the kernel. */
  #need(result: number, operation: string): number {
    if (result === -ERRNO.EOPNOTSUPP) throw new UsageError(`${operation}: the kernel has no link for it`);
    return check(result, operation);
  }

  /**
   * The link's descriptor (O_CLOEXEC), valid until `close()`. Before Linux 5.15, that of a perf event for some hooks.
   * Throws UsageError for an attachment without a link of the kernel's.
   */
  get fd(): number {
    this.#check();
    return this.#need(this.#native.fd(), `${this.#details.what} has no descriptor`);
  }

  /** The kernel's description of the link. Kernel 5.8; the names of perf event links 6.6. */
  info(): LinkInfo {
    this.#check();
    const info = this.#native.info();
    const { where, what } = this.#details;
    const hasNone = info === -ERRNO.EOPNOTSUPP || info === -ERRNO.EINVAL;
    if (hasNone) return { type: undefined, id: undefined, programId: this.#programId, where, target: {} };
    if (typeof info === 'number') throw refused(`cannot read the description of ${what}`, -info);
    return linkInfo(info, where);
  }

  /**
   * Pins the link to a path on a BPF file system: it stays attached when this process ends, until it is unpinned. Kernel
   * 5.8; perf event links 5.15. Throws BpfError for a path where something is, or that is not in a BPF file system, and
   * UsageError for an attachment without a link of the kernel's.
   */
  pin(path: string): void {
    this.#check();
    checkPath('path', path);
    const { what } = this.#details;
    this.#need(this.#native.fd(), `cannot pin ${what}`);
    this.#pins.add(what, path, (to) => this.#native.pin(to));
  }

  /** Removes the paths that `pin()` made, or that `fromPin()` opened. The link stays attached until `close()`. */
  unpin(): void {
    this.#check();
    this.#pins.remove();
  }

  /**
   * Puts another program, of the same type, in the place of this one, without a moment with neither. A route (attachRoute())
   * is replaced by one with the other program, even if somebody else has changed it since. Throws
   * UnsupportedError for hooks where the kernel can't: tracepoints, kprobes, uprobes and fentry among them; and BpfError for
   * a program of another type, and for a link that is detached.
   */
  update(program: Program): void {
    this.#check();
    if (typeof program !== 'object' || program === null) throw mistake('program', program, 'a program');
    const { fd, id } = program;
    checkInteger('program.fd', fd, 0, 2 ** 31 - 1);
    const result = this.#native.update(fd);
    const operation = `cannot update ${this.#details.what}`;
    if (result === -ERRNO.EINVAL && this.#native.fd() >= 0 && this.info().type !== undefined && !this.#canUpdate())
      throw new UnsupportedError(`${operation}: the kernel does not replace programs on this hook`);
    if (result === -ERRNO.EINVAL)
      throw new BpfError(operation, ERRNO.EINVAL, { hint: 'is the program of another type?' });
    if (result === -ERRNO.ENOLINK || result === -ERRNO.EBADF)
      throw new BpfError(`${operation}: it is detached`, -result, { isWhole: true });
    check(result, operation);
    this.#programId = id;
  }

  #canUpdate(): boolean {
    return ['cgroup', 'iter', 'netns', 'xdp', 'tcx', 'netkit', 'sockmap'].includes(this.info().type ?? '');
  }

  /**
   * Detaches now, even if the link is pinned or open elsewhere; the link itself stays. For cgroups, network namespaces,
   * interfaces, routes and struct_ops (kernel 5.9); other hooks throw UnsupportedError: they are detached when the link is
   * unpinned and closed.
   */
  detach(): void {
    this.#check();
    const result = this.#native.detach();
    const operation = `cannot detach ${this.#details.what}`;
    if (result === -ERRNO.EOPNOTSUPP)
      throw new UnsupportedError(`${operation}: the kernel detaches this hook when its link is unpinned and closed`);
    check(result, operation);
  }

  /**
   * Runs an iterator program once over the kernel's objects. Returns a descriptor of its output, to read with `fs.read`,
   * again after EAGAIN, and to be closed by the caller. Kernel 5.8. Throws BpfError for other programs, and ClosedError.
   */
  openIterator(): number {
    this.#check();
    const result = this.#native.createIterator();
    if (result === -ERRNO.EINVAL) throw new BpfError(`${this.#details.what} is not that of an iterator`, ERRNO.EINVAL);
    return check(result, 'cannot create an iterator');
  }

  /**
   * Runs an iterator program once, and streams its output. The kernel walks on as the stream is read; destroying the
   * stream ends the walk. Throws as `openIterator()` does.
   */
  read(): Readable {
    return createReadStream('', { fd: this.openIterator(), fs: { read: readAgain, close } });
  }

  /** Detaches the program, unless the link is pinned. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#native.close();
    this.#details.forget(this);
    if (this.#reference === undefined || !attachments.delete(this.#reference)) return;
    if (attachments.size === 0) process.off('exit', closeAttachments);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
