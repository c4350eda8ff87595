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
import { checkOwner, isOfProc, UntrustedPathError, withoutLinks } from '../trusted-path.js';

const NEWLINE = 0x0a;
/** Milliseconds between attempts to open a FIFO without a reader, and until the user is notified. */
const RETRY_MS = 50;
const PATIENCE_MS = 500;

export interface Rotation {
  /** Maximum size in bytes. A file that would exceed it is renamed, and a new one begun. */
  readonly size: number;
  /** Number of renamed files to keep: FILE.1 is the newest. */
  readonly keep: number;
}

/** Options of an output file. */
export interface FileOptions {
  /** Whether to discard the file's content, at the first write. */
  readonly truncate?: boolean | undefined;
  /** Default: the file grows without limit. */
  readonly rotate?: Rotation | undefined;
  /** Mode of a new file. Default: access for its owner only. */
  readonly mode?: number;
}

export interface Waiting {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Called if the wait is long. */
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

/** Opens a file without waiting for the reader of a FIFO, and without following links. */
function openOnce(path: string, mode: number): Opened {
  const real = withoutLinks(path);
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY } = constants;
  const isMagic = isOfProc(real);
  const flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | (isMagic ? 0 : O_NOFOLLOW);
  const there = isMagic ? undefined : lstatSync(real, { throwIfNoEntry: false });
  // A FIFO without a reader can't be opened, and there is no point in waiting for one of another user.
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

/** A file that grows and is known by its name: it can be reopened, and replaced by a new one when it is full. */
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

  /** Opens or creates the file. Throws SnoopkitError. */
  static openNow(path: string, options: FileOptions = {}): OutputFile {
    try {
      return new OutputFile(path, options, openOnce(path, options.mode ?? 0o600));
    } catch (cause) {
      throw failure(path, cause);
    }
  }

  /**
   * Opens or creates the file, and waits for the reader of a FIFO. Undefined if the signal aborts meanwhile. Throws
   * SnoopkitError.
   */
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

  /** Whether it is a regular file, which may be renamed, instead of a pipe or a device. */
  get isRegular(): boolean {
    return this.#stats.isFile();
  }

  /** Reads its current size, because another process may have emptied it. */
  measure(): number {
    this.#size = fstatSync(this.#fd).size;
    return this.#size;
  }

  /** Prepares the first write: truncates the content, or completes its last line. */
  begin(): void {
    if (!this.isRegular) return;
    if (this.#isToBeEmptied) ftruncateSync(this.#fd, 0);
    this.#isToBeEmptied = false;
    this.measure();
  }

  /** Whether a killed run has left an incomplete line. */
  get hasTornLine(): boolean {
    if (!this.isRegular || this.#size === 0) return false;
    const last = this.#read(this.#size - 1, 1);
    return last.length === 1 && last[0] !== NEWLINE;
  }

  /** The first bytes that are kept; none if the file is empty, to be truncated, not regular, or not readable. */
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
      // The file may be write-only.
      return Buffer.alloc(0);
    }
  }

  /** Opens or creates the file that has the name now. If it throws SnoopkitError, the current file stays open. */
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

  /**
   * Number of bytes from `start` on that still fit, in whole lines; 0 if a new file with a header must be begun first.
   */
  room(bytes: Buffer, start: number, header: number): number {
    const rotate = this.#rotation;
    const length = bytes.length - start;
    if (!rotate || this.#size + length <= rotate.size) return length;
    const end = bytes.lastIndexOf(NEWLINE, start + Math.max(rotate.size - this.#size, 0) - 1);
    if (end >= start && this.#size < rotate.size) return end + 1 - start;
    if (this.#size > header) return 0;
    // A line too long for any file has one of its own.
    const first = bytes.indexOf(NEWLINE, start);
    return first < 0 ? length : first + 1 - start;
  }

  /** Renames it and the earlier ones, and begins a new file with the same owner and mode. Throws SnoopkitError. */
  rotate(): void {
    const rotate = this.#rotation;
    const [now, known] = [fstatSync(this.#fd), this.#size];
    this.#size = now.size;
    if (!rotate || now.size < known) return;
    let step = 'following its links';
    try {
      const real = withoutLinks(this.path);
      // The user's name of it, unless links lead elsewhere.
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

  /** Counts written bytes. */
  wrote(bytes: number): void {
    this.#size += bytes;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const isFifo = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** Renames a file if it exists. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
