import { close, openSync, write } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';

const writeSome = promisify(write);

/** More waits than this: the reader is slower than the events, and reading the ring must pause. */
const HIGH_WATER = 1 << 20;
/** How often a descriptor that somebody else made non-blocking is tried again. */
const RETRY_MS = 5;

/**
 * Where bytes go: a descriptor, written in a thread of Node's pool, one write at a time. process.stdout
 * won't do: it blocks the event loop while a pipe is full, and with it the reading of the ring.
 */
export class Destination {
  readonly #fd: number;
  readonly #name: string;
  readonly #isOurs: boolean;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #error: Error | undefined;
  #isClosed = false;
  /** Called once, as soon as nothing more can be written: the pipe was closed, or the disk is full. */
  onEnd: (() => void) | undefined;
  /** Called with the bytes of each `write` when they are written, and not needed any more. */
  onWritten: ((bytes: Buffer) => void) | undefined;

  private constructor(fd: number, name: string, isOurs: boolean) {
    this.#fd = fd;
    this.#name = name;
    this.#isOurs = isOurs;
  }

  static stdout(): Destination {
    return new Destination(1, 'standard output', false);
  }

  /** Creates the file, or empties it. */
  static file(path: string): Destination {
    try {
      return new Destination(openSync(path, 'w', 0o644), path, true);
    } catch (cause) {
      const { errno = 0 } = cause as NodeJS.ErrnoException;
      throw new SnoopkitError('OUTPUT', `cannot write to ${path}: ${errnoText(-errno)}`, { cause });
    }
  }

  /** What ended the writing early: undefined for nothing, or for a reader that has seen enough. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Whether anything written from now on can still arrive. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Whether so much waits that the caller should wait for `drained()`. */
  get isFull(): boolean {
    return this.#waitingBytes >= HIGH_WATER;
  }

  /** Bytes that wait to be written, those of the write under way among them. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /** Queues bytes; what it is given belongs to it. */
  write(bytes: Buffer): void {
    if (this.#isClosed || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#run();
  }

  /** Resolves when all is written, or can't be. */
  async drained(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #run(): Promise<void> {
    for (let bytes = this.#waiting.shift(); bytes && !this.#isClosed; bytes = this.#waiting.shift()) {
      await this.#writeAll(bytes);
      if (this.#isClosed) break;
      this.#waitingBytes -= bytes.length;
      this.onWritten?.(bytes);
    }
    this.#writing = undefined;
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#isClosed; ) {
      try {
        at += (await writeSome(this.#fd, bytes, at)).bytesWritten;
      } catch (cause) {
        const { code, errno = 0 } = cause as NodeJS.ErrnoException;
        if (code === 'EAGAIN') await setTimeout(RETRY_MS);
        else this.#end(code === 'EPIPE' ? undefined : errno, cause);
      }
    }
  }

  #end(errno: number | undefined, cause: unknown): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (errno !== undefined) {
      this.#error = new SnoopkitError('OUTPUT', `cannot write to ${this.#name}: ${errnoText(-errno)}`, { cause });
    }
    this.onEnd?.();
  }

  /** Closes a file of ours. Write errors that come only now are errors, too. */
  async close(): Promise<void> {
    await this.drained();
    this.#isClosed = true;
    if (this.#isOurs) await promisify(close)(this.#fd);
  }
}
