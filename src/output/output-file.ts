import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { checkOwner, UntrustedPathError, withoutLinks } from './trusted-path.js';

const NEWLINE = 0x0a;
/** How often it is tried again to open a FIFO that nobody reads, and when that is told. */
const RETRY_MS = 50;
const PATIENCE_MS = 500;

export interface Rotation {
  /** A file that would be longer than so many bytes is renamed, and a new one begun. */
  readonly size: number;
  /** How many of the renamed ones stay: FILE.1 is the newest. */
  readonly keep: number;
}

export interface FileOptions {
  /** What is in the file is not kept: it goes when the first is written. */
  readonly truncate?: boolean | undefined;
  readonly rotate?: Rotation | undefined;
  /** Of a new file: only its owner's when left out. */
  readonly mode?: number;
}

export interface Waiting {
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Called when it takes long. */
  readonly onWait: (line: string) => void;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof UntrustedPathError) return cause.reason;
  if (cause instanceof SnoopkitError) return cause.message;
  const { errno = 0 } = cause as NodeJS.ErrnoException;
  return errnoText(-errno);
}

function failure(path: string, cause: unknown): Error {
  if (cause instanceof SnoopkitError) return cause;
  return new SnoopkitError('OUTPUT', `cannot write to ${path}: ${reasonOf(cause)}`, { cause });
}

interface Opened {
  readonly fd: number;
  readonly stats: Stats;
}

/** Neither waits for the reader of a FIFO nor follows a link. */
function openOnce(path: string, mode: number): Opened {
  const real = withoutLinks(path);
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY } = constants;
  const isMagic = real.startsWith('/proc/');
  const flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | (isMagic ? 0 : O_NOFOLLOW);
  const there = isMagic ? undefined : lstatSync(real, { throwIfNoEntry: false });
  // A FIFO that nobody reads can't be opened, and need not be waited for where it is a stranger's.
  if (there) checkOwner(path, real, there);
  const fd = openSync(real, flags, mode);
  try {
    const stats = fstatSync(fd);
    if (!isMagic) checkOwner(path, real, stats);
    return { fd, stats };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A file that grows, by its name: it can be opened anew, and give way to a new one when it is full. */
export class OutputFile {
  readonly path: string;
  readonly #options: FileOptions;
  #fd: number;
  #stats: Stats;
  #size: number;
  #rotation: Rotation | undefined;
  #isToBeEmptied: boolean;

  private constructor(path: string, options: FileOptions, { fd, stats }: Opened) {
    this.path = path;
    this.#options = options;
    this.#fd = fd;
    this.#stats = stats;
    this.#size = stats.size;
    this.#rotation = options.rotate;
    this.#isToBeEmptied = options.truncate === true;
    if (options.rotate && !stats.isFile()) {
      closeSync(fd);
      throw new SnoopkitError('OUTPUT', `cannot rotate ${path}: not a regular file`);
    }
  }

  /** Opens it, or creates it. Throws SnoopkitError. */
  static openNow(path: string, options: FileOptions = {}): OutputFile {
    try {
      return new OutputFile(path, options, openOnce(path, options.mode ?? 0o600));
    } catch (cause) {
      throw failure(path, cause);
    }
  }

  /** The same, but waits for the reader of a FIFO. Returns undefined when it gave up. */
  static async open(path: string, options: FileOptions, { signal, onWait }: Waiting): Promise<OutputFile | undefined> {
    for (let waited = 0; !signal.aborted; waited += RETRY_MS) {
      try {
        return OutputFile.openNow(path, options);
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
        if (code !== 'ENXIO' || !isFifo(path)) throw error;
      }
      if (waited === PATIENCE_MS) onWait(`waiting until somebody reads the FIFO ${path}`);
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {});
    }
    return undefined;
  }

  get fd(): number {
    return this.#fd;
  }

  /** Whether it is one of a disk, which may be renamed, and not a pipe or a device. */
  get isRegular(): boolean {
    return this.#stats.isFile();
  }

  /** How long it is; somebody else may have emptied it. */
  measure(): number {
    this.#size = fstatSync(this.#fd).size;
    return this.#size;
  }

  /** Makes ready for the first bytes: what is there goes, or ends in a whole line. */
  begin(): void {
    if (!this.isRegular) return;
    if (this.#isToBeEmptied) ftruncateSync(this.#fd, 0);
    this.#isToBeEmptied = false;
    this.measure();
  }

  /** Whether a run that was killed has left a line without its end. */
  get hasTornLine(): boolean {
    if (!this.isRegular || this.#size === 0) return false;
    const last = this.#read(this.#size - 1, 1);
    return last.length === 1 && last[0] !== NEWLINE;
  }

  /** The first bytes of what stays in it; none where it is empty, to be emptied, not of a disk, or can't be read. */
  readStart(length: number): Buffer {
    return this.isRegular && !this.#isToBeEmptied ? this.#read(0, length) : Buffer.alloc(0);
  }

  #read(position: number, length: number): Buffer {
    try {
      const reader = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
      const bytes = Buffer.alloc(length);
      try {
        return bytes.subarray(0, readSync(reader, bytes, 0, length, position));
      } finally {
        closeSync(reader);
      }
    } catch {
      // It may be written and not read.
      return Buffer.alloc(0);
    }
  }

  /** Follows its name to another file, or creates that. Throws SnoopkitError, and goes on with the one that it has. */
  reopen(): void {
    if (!this.isRegular) return;
    try {
      this.#take(openOnce(this.path, this.#options.mode ?? 0o600));
    } catch (cause) {
      const line = `cannot reopen ${this.path}: ${reasonOf(cause)}; still writing to the old file`;
      throw new SnoopkitError('OUTPUT', line, { cause });
    }
  }

  #take({ fd, stats }: Opened): void {
    closeSync(this.#fd);
    this.#fd = fd;
    this.#stats = stats;
    this.#size = stats.size;
  }

  /** How many of the bytes from `start` on still fit, in whole lines; 0 when a new file must be begun first, with a header. */
  room(bytes: Buffer, start: number, header: number): number {
    const rotate = this.#rotation;
    const length = bytes.length - start;
    if (!rotate || this.#size + length <= rotate.size) return length;
    const end = bytes.lastIndexOf(NEWLINE, start + Math.max(rotate.size - this.#size, 0) - 1);
    if (end >= start && this.#size < rotate.size) return end + 1 - start;
    if (this.#size > header) return 0;
    // One that is too long for any file has one of its own.
    const first = bytes.indexOf(NEWLINE, start);
    return first < 0 ? length : first + 1 - start;
  }

  /** Renames it and those before it, and begins a new one, like it in owner and mode. Throws SnoopkitError. */
  rotate(): void {
    const rotate = this.#rotation;
    const [now, known] = [fstatSync(this.#fd), this.#size];
    this.#size = now.size;
    if (!rotate || now.size < known) return;
    let step = 'following its links';
    try {
      const real = withoutLinks(this.path);
      // As the user calls it, where links don't lead elsewhere.
      const shown = real === resolve(this.path) ? this.path : real;
      for (let i = rotate.keep; i > 0; i--) {
        const [from, to] = [i === 1 ? '' : `.${i - 1}`, `.${i}`];
        step = `renaming ${shown}${from} to ${shown}${to}`;
        rename(real + from, real + to);
      }
      step = `creating ${shown}`;
      const opened = openOnce(this.path, now.mode & 0o777);
      this.#take(opened);
      step = `giving ${shown} its owner and mode`;
      fchmodSync(opened.fd, now.mode & 0o777);
      if (now.uid !== opened.stats.uid || now.gid !== opened.stats.gid) fchownSync(opened.fd, now.uid, now.gid);
    } catch (cause) {
      this.#rotation = undefined;
      const line = `cannot rotate ${this.path}: ${step}: ${reasonOf(cause)}; rotation is off for the rest of the run, and the file grows`;
      throw new SnoopkitError('OUTPUT', line, { cause });
    }
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.#size += bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const isFifo = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** Of those that are there. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
