import { write } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { type FileOptions, OutputFile } from './output-file.js';

const writeSome = promisify(write);

const STDOUT = 1;
/** More waits than this: the reader is slower than the events, and reading the ring must pause. */
const HIGH_WATER = 1 << 20;
/** How often a descriptor that somebody else made non-blocking is tried again. */
const RETRY_MS = 5;

/**
 * Where bytes go: a descriptor, written in a thread of Node's pool, one write at a time. process.stdout
 * won't do: it blocks the event loop while a pipe is full, and with it the reading of the ring.
 */
export class Destination {
  /** Undefined for standard output. */
  readonly #file: OutputFile | undefined;
  /** What each file begins with. */
  #header: Buffer = Buffer.alloc(0);
  #mustReopen = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #error: Error | undefined;
  #isClosed = false;
  /** Called once, as soon as nothing more can be written: the pipe was closed, or the disk is full. */
  onEnd: (() => void) | undefined;
  /** Called when the file can't be moved away or opened anew, and the writing goes on in the one that there is. */
  onTrouble: ((error: Error) => void) | undefined;
  /** Called with the bytes of each `write` when they are written, and not needed any more. */
  onWritten: ((bytes: Buffer) => void) | undefined;

  /** A file belongs to it from here on. */
  constructor(file?: OutputFile) {
    this.#file = file;
  }

  static stdout(): Destination {
    return new Destination();
  }

  /** Opens a file, or creates it. Throws SnoopkitError, also for a FIFO that nobody reads. */
  static file(path: string, options: FileOptions = {}): Destination {
    return new Destination(OutputFile.openNow(path, options));
  }

  get #name(): string {
    return this.#file?.path ?? 'standard output';
  }

  get fd(): number {
    return this.#file?.fd ?? STDOUT;
  }

  /** Whether it is a file that can be moved away, and another one opened by its name. */
  get canReopen(): boolean {
    return this.#file?.isRegular === true;
  }

  /** Goes on in the file that has the name by now, once what is being written is written. */
  reopen(): void {
    if (!this.canReopen || this.#isClosed) return;
    this.#mustReopen = true;
    this.#writing ??= this.#run();
  }

  /** To be called before anything is written: with what stands at the beginning of each file. */
  begin(header: Buffer): void {
    this.#header = header;
    this.#file?.begin();
    if (this.#file?.hasTornLine) this.write(Buffer.from('\n'));
    if (!this.canReopen) this.write(header);
    // Where the file is empty, this writes it.
    else this.#writing ??= this.#run();
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
    for (;;) {
      // Somebody may have emptied it.
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

  /** Writes whole lines to a file as long as it has room for them, and then to the next. */
  async #writeLines(bytes: Buffer): Promise<void> {
    const file = this.#file;
    for (let at = 0; at < bytes.length && !this.#isClosed; ) {
      const room = file ? file.room(bytes, at, this.#header.length) : bytes.length;
      if (room === 0) await this.#moveOn('rotate');
      else await this.#writeAll(bytes, at, at + room);
      at += room;
    }
  }

  /** To another file. */
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

  /** Closes a file of ours at once; what waits is dropped. */
  abandon(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    if (this.#writing === undefined) this.#file?.close();
    else void this.#writing.then(() => this.#file?.close());
  }

  /** Closes a file of ours. Write errors that come only now are errors, too. */
  async close(): Promise<void> {
    await this.drained();
    this.#isClosed = true;
    this.#file?.close();
  }
}
