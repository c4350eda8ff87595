/**
 * The kernel's types that a tool's object is relocated to, kept for later runs: libbpf reads all of the kernel's, some
 * megabytes, at each load otherwise. Relocation writes into programs whatever this says, so that only a file of root's is
 * taken, in a folder of root's, written whole for this kernel and this object.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { release, version } from 'node:os';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BpfError, ClosedError, MapError, PrivilegeError } from '../bpf/errors.js';
import { KERNEL_BTF } from '../bpf/vmlinux.js';
import { cutBtf } from '../btf/cut.js';
import { BtfError } from '../btf/error.js';
import { relocatedTypes } from '../btf/relocations.js';

const FOLDER = '/var/cache/snoopkit';
/** Has the id of the kernel's build. */
const KERNEL_NOTES = '/sys/kernel/notes';
/** A checksum in hexadecimal, and the end of a string. */
const SEAL = 9;
/** Offset of the length of the strings in the header of BTF. */
const STRINGS_AT = 20;
const WRITABLE_BY_OTHERS = 0o022;
/** Files of former kernels and versions are removed when they are this old. */
const STALE_MS = 30 * 24 * 3600 * 1000;

const isOurs = ({ uid, mode }: { uid: number; mode: number }) => uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0;

/** Against damage only, and without node:crypto, whose loading takes longer than all that is done here. */
const checksum = (bytes: Uint8Array | string) => crc32(bytes).toString(16).padStart(8, '0');

/** BTF with one more string, which no type refers to: the checksum of all before it. */
function sealed(btf: Buffer): Buffer {
  const bytes = Buffer.concat([btf, Buffer.alloc(SEAL)]);
  bytes.writeUInt32LE(bytes.readUInt32LE(STRINGS_AT) + SEAL, STRINGS_AT);
  bytes.write(checksum(bytes.subarray(0, -SEAL)), btf.length);
  return bytes;
}

const isSealed = (bytes: Buffer) =>
  bytes.length > SEAL &&
  bytes.toString('latin1', bytes.length - SEAL, bytes.length - 1) === checksum(bytes.subarray(0, -SEAL));

/** Whether a load may have failed because of the types that the object was relocated to. */
function mayConcernTypes(error: unknown): boolean {
  if (error instanceof PrivilegeError || error instanceof MapError || error instanceof ClosedError) return false;
  // A kernel that refuses a hook, whatever the types, has another number: EPERM or ENOTSUPP, or ESRCH for a function that
  // it lacks. Then an alternative is tried.
  return (
    error instanceof BtfError ||
    (error instanceof BpfError && ['EINVAL', 'EACCES', 'LIBBPF_ERRNO__FORMAT'].includes(error.errno))
  );
}

/** Whatever the umask: who else runs snoopkit may read it. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'wx', 0o644);
  try {
    fchmodSync(fd, 0o644);
    writeFileSync(fd, bytes, { flush: true });
  } finally {
    closeSync(fd);
  }
}

/** The places of kept files and of what they are made from. Tests have others. */
export class KeptBtf {
  readonly #folder: string;
  readonly #kernel: string;
  #found: string | undefined;
  #isDropped = false;

  constructor(folder = FOLDER, kernel = KERNEL_BTF) {
    this.#folder = folder;
    this.#kernel = kernel;
  }

  /** Path of the file for an object on this build of the kernel. Throws if the kernel does not state its build. */
  #fileOf(object: string, bytes: Uint8Array): string {
    const build = Buffer.from(`${release()} ${version()}`);
    const kernel = checksum(Buffer.concat([build, readFileSync(KERNEL_NOTES)]));
    const sizes = [statSync(this.#kernel).size, bytes.length].map((size) => size.toString(16));
    return join(this.#folder, `${[basename(object, '.bpf.o'), kernel, checksum(bytes), ...sizes].join('-')}.btf`);
  }

  /** Returns the file for an object on this kernel; undefined if there is none, or none that can be trusted. */
  find(object: string): string | undefined {
    if (!this.#isDropped) this.#found = this.#lookUp(object);
    return this.#found;
  }

  #lookUp(object: string): string | undefined {
    let fd: number | undefined;
    try {
      const folder = lstatSync(this.#folder);
      if (!folder.isDirectory() || !isOurs(folder)) return undefined;
      const file = this.#fileOf(object, readFileSync(object));
      fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const about = fstatSync(fd);
      if (!about.isFile() || !isOurs(about)) return undefined;
      return isSealed(readFileSync(fd)) ? file : undefined;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /**
   * Removes the file that was found, if a load with it failed for a reason that the kernel's own types may not have: its
   * checksum says nothing about what it was made from. Returns whether to load again, which is the case once: from then on
   * no file is found.
   */
  drop(error: unknown): boolean {
    if (this.#found === undefined || !mayConcernTypes(error)) return false;
    try {
      rmSync(this.#found, { force: true });
    } catch {
      // Only root can remove it. Others load twice until then.
    }
    this.#isDropped = true;
    this.#found = undefined;
    return true;
  }

  /** Makes the file for an object on this kernel, if it is missing. Whatever fails, the next run reads all of the kernel's. */
  keep(object: string): void {
    if (process.geteuid?.() !== 0 || this.find(object) !== undefined) return;
    let unfinished: string | undefined;
    try {
      const bytes = readFileSync(object);
      const types = relocatedTypes(bytes);
      const btf = types && cutBtf(readFileSync(this.#kernel), types);
      if (!btf) return;
      mkdirSync(this.#folder, { mode: 0o755, recursive: true });
      if (!isOurs(lstatSync(this.#folder))) return;
      const file = this.#fileOf(object, bytes);
      unfinished = `${file}.${process.pid}`;
      rmSync(unfinished, { force: true });
      writeWhole(unfinished, sealed(btf));
      renameSync(unfinished, file);
      this.#removeStale(basename(object, '.bpf.o'));
    } catch {
      if (unfinished !== undefined) rmSync(unfinished, { force: true });
    }
  }

  #removeStale(name: string): void {
    for (const entry of readdirSync(this.#folder)) {
      const file = join(this.#folder, entry);
      if (entry.startsWith(`${name}-`) && Date.now() - lstatSync(file).mtimeMs > STALE_MS) rmSync(file);
    }
  }
}
