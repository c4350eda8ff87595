import { write } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { type FileOptions, OutputFile } from './output-file.js';

const writeSome = promisify(write);

const STDOUT = 1;
/** Waiting bytes beyond which the reader is slower than the events, and reading the ring buffer must pause. */
const HIGH_WATER = 1 << 20;
/** Milliseconds between attempts to write to a descriptor that another process made non-blocking. */
const RETRY_MS = 5;

/**
 * Destination of output: a descriptor, written by Node's thread pool, one write at a time. process.stdout is
 * unsuitable: while a pipe is full, it blocks the event loop, and thus the reading of the ring buffer.
 */
export class Destination {
  /** Undefined for standard output. */
  readonly #file: OutputFile | undefined;
  /** First bytes of each file. */
  #header: Buffer = Buffer.alloc(0);
  #mustReopen = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #error: Error | undefined;
  #isClosed = false;
  #isReleased = false;
  /** Called once, as soon as writing is impossible: the pipe was closed, or the disk is full. */
  onEnd: (() => void) | undefined;
  /** Called if the file can't be renamed or reopened. Output continues in the current one. */
  onTrouble: ((error: Error) => void) | undefined;
  /** Called with the bytes of each `write` once they are written and can be reused. */
  onWritten: ((bytes: Buffer) => void) | undefined;

  /** Takes ownership of `file`; without it, writes to standard output. */
  constructor(file?: OutputFile) {
    this.#file = file;
  }

  static stdout(): Destination {
    return new Destination();
  }

  /** Opens or creates a file. Throws SnoopkitError, also for a FIFO without a reader. */
  static file(path: string, options: FileOptions = {}): Destination {
    return new Destination(OutputFile.openNow(path, options));
  }

  get #name(): string {
    return this.#file?.path ?? 'standard output';
  }

  get fd(): number {
    return this.#file?.fd ?? STDOUT;
  }

  /** Whether it is a file that can be renamed and reopened by its name. */
  get canReopen(): boolean {
    return this.#file?.isRegular === true;
  }

  /** Continues in the file that has the name now, after the write in progress. */
  reopen(): void {
    if (!this.canReopen || this.#isClosed) return;
    this.#mustReopen = true;
    this.#writing ??= this.#run();
  }

  /** Sets the first bytes of each file. Call it before the first write. */
  begin(header: Buffer): void {
    this.#header = header;
    this.#file?.begin();
    if (this.#file?.hasTornLine) this.write(Buffer.from('\n'));
    if (!this.canReopen) this.write(header);
    // This writes the header if the file is empty.
    else this.#writing ??= this.#run();
  }

  /** The error that ended output; undefined if there was none, or if the reader closed the pipe. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Whether further output can arrive. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Whether the caller should wait for `drained()`. */
  get isFull(): boolean {
    return this.#waitingBytes >= HIGH_WATER;
  }

  /** Bytes not yet written, including the write in progress. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  /** Queues bytes, of which it takes ownership. */
  write(bytes: Buffer): void {
    if (this.#isClosed || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#run();
  }

  /** Resolves once all bytes are written, or can't be. */
  async drained(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #run(): Promise<void> {
    for (;;) {
      // Another process may have emptied it.
      await this.#beginFile();
      if (this.#mustReopen) await this.#moveOn('reopen');
      const bytes = this.#waiting.shift();
      if (!bytes || this.#isClosed) break;
      await this.#writeLines(bytes);
      if (this.#isClosed) break;
      this.#waitingBytes -= bytes.length;
      this.onWritten?.(bytes);
    }
    this.#writing = undefined;
  }

  /** Writes whole lines to a file up to its maximum size, then to the next one. */
  async #writeLines(bytes: Buffer): Promise<void> {
    const file = this.#file;
    for (let at = 0; at < bytes.length && !this.#isClosed; ) {
      const room = file ? file.room(bytes, at, this.#header.length) : bytes.length;
      if (room === 0) await this.#moveOn('rotate');
      else await this.#writeAll(bytes, at, at + room);
      at += room;
    }
  }

  /** Switches to another file. */
  async #moveOn(how: 'reopen' | 'rotate'): Promise<void> {
    this.#mustReopen = false;
    try {
      this.#file?.[how]();
    } catch (error) {
      this.onTrouble?.(error as Error);
    }
    await this.#beginFile();
  }

  async #beginFile(): Promise<void> {
    if (this.canReopen && this.#header.length > 0 && this.#file?.measure() === 0)
      await this.#writeAll(this.#header, 0, this.#header.length);
  }

  async #writeAll(bytes: Buffer, start: number, end: number): Promise<void> {
    for (let at = start; at < end && !this.#isClosed; ) {
      try {
        const { bytesWritten } = await writeSome(this.fd, bytes, at, end - at);
        at += bytesWritten;
        this.#file?.wrote(bytesWritten);
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

  /** Closes an own file as soon as no write is in progress, and drops queued bytes. */
  abandon(): void {
    this.#isClosed = true;
    this.#waiting = [];
    // The output has failed already: an error of close(2) adds nothing.
    this.close().catch(() => {});
  }

  /** Closes an own file. Late write errors are reported, too. */
  async close(): Promise<void> {
    // Before an await, so that a file which nothing is written to is closed at once.
    if (this.#writing !== undefined) await this.drained();
    this.#isClosed = true;
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#file?.close();
  }
}
