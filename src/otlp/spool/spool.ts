import type { Signal } from '../types.js';
import { fileTrouble, type SpoolDisk } from './spool-disk.js';
import { SpoolFile } from './spool-file.js';
import { HEADER_SIZE } from './spool-frame.js';

/** Position of a request. */
export interface Place {
  readonly file: SpoolFile;
  readonly offset: number;
}

export interface Stored {
  readonly place: Place;
  readonly records: number;
  readonly request: Buffer;
}

/**
 * Requests of one signal on disk, in order. They survive the end of the process, since the kernel has them as soon as
 * they are written; complete files survive a crash of the machine.
 */
export class Spool {
  readonly #disk: SpoolDisk;
  readonly #signal: Signal;
  readonly #files: SpoolFile[] = [];
  readonly #unfinished = new Set<Promise<void>>();
  /** The file being written, always the last one. */
  #open: SpoolFile | undefined;
  /** Records left by an earlier run. */
  adopted = 0;
  /** Files with an incomplete end: snoopkit was killed while writing. */
  torn = 0;
  /** Called with the number of damaged records. */
  onUnreadable: ((records: number) => void) | undefined;

  private constructor(disk: SpoolDisk, signal: Signal) {
    this.#disk = disk;
    this.#signal = signal;
  }

  static async open(disk: SpoolDisk, signal: Signal, paths: readonly string[]): Promise<Spool> {
    const spool = new Spool(disk, signal);
    for (const path of paths) {
      try {
        const { file, records, torn } = await SpoolFile.adopt(path, signal);
        spool.adopted += records;
        disk.used -= torn;
        if (torn > 0) spool.torn++;
        spool.#files.push(file);
        await spool.#tidy(file);
      } catch (error) {
        disk.tell(`cannot read ${path}: ${fileTrouble(error)}`);
      }
    }
    if (spool.torn > 0) {
      disk.tell(
        `an earlier run was killed while writing to the spool: incomplete requests are dropped (${spool.torn})`,
      );
    }
    return spool;
  }

  /** Whether there are unread requests. */
  get hasUnread(): boolean {
    return this.#files.some(({ unread }) => unread > 0);
  }

  /** Whether `size` bytes can probably be written. */
  hasRoom(size: number): boolean {
    return this.#disk.hasRoom(size + HEADER_SIZE);
  }

  /** Writes a request; `isRead` if the caller keeps it in memory. Undefined if it can't be written. */
  async append(request: Uint8Array, records: number, isRead: boolean): Promise<Place | undefined> {
    const disk = this.#disk;
    const size = request.length + HEADER_SIZE;
    if (!disk.hasRoom(size)) return undefined;
    disk.used += size;
    try {
      if (this.#open && this.#open.size + size > disk.fileSize) this.#complete();
      const file = this.#open ?? (await this.#create());
      const offset = await file.append(request, records, isRead);
      return { file, offset };
    } catch (error) {
      disk.used -= size;
      disk.fail(error);
      this.#complete();
      return undefined;
    }
  }

  /** The oldest unread request. Damaged ones are skipped and counted. */
  async next(): Promise<Stored | undefined> {
    for (let file = this.#unread(); file !== undefined; file = this.#unread()) {
      try {
        const frame = await file.next();
        if (frame?.request !== undefined) {
          const { offset, records, request } = frame;
          return { place: { file, offset }, records, request };
        }
        if (frame === undefined) this.onUnreadable?.(file.forget());
        else {
          this.onUnreadable?.(frame.records);
          await this.done({ file, offset: frame.offset });
        }
      } catch (error) {
        this.#disk.tell(`cannot read ${file.path}: ${fileTrouble(error)}`);
        this.onUnreadable?.(file.forget());
      }
      await this.#tidy(file);
    }
    return undefined;
  }

  /** Marks a request as no longer needed. */
  done(place: Place): Promise<void> {
    const done = this.#forget(place).finally(() => this.#unfinished.delete(done));
    this.#unfinished.add(done);
    return done;
  }

  async #forget({ file, offset }: Place): Promise<void> {
    try {
      await file.markDone(offset);
    } catch (error) {
      this.#disk.fail(error);
    }
    await this.#tidy(file);
  }

  /** Syncs the remaining requests to disk. */
  async close(): Promise<void> {
    this.#complete();
    await Promise.all(this.#unfinished);
    // After the operations in progress.
    for (const file of this.#files) await file.rest().catch(() => undefined);
  }

  #unread(): SpoolFile | undefined {
    return this.#files.find(({ unread }) => unread > 0);
  }

  async #create(): Promise<SpoolFile> {
    const file = await SpoolFile.create(this.#disk.newPath(this.#signal), this.#signal);
    this.#open = file;
    this.#files.push(file);
    return file;
  }

  /** Ends the current file, without waiting for its sync. The next request starts a new one. */
  #complete(): void {
    const file = this.#open;
    this.#open = undefined;
    if (file !== undefined && file.pending > 0) file.rest(true).catch((error) => this.#disk.fail(error));
    else if (file !== undefined) void this.#tidy(file);
  }

  /** Removes a file that is no longer needed. */
  async #tidy(file: SpoolFile): Promise<void> {
    const index = this.#files.indexOf(file);
    if (file.pending > 0 || index < 0) return;
    this.#files.splice(index, 1);
    if (file === this.#open) this.#open = undefined;
    this.#disk.used -= file.size;
    await file.remove().catch((error) => this.#disk.tell(`cannot remove ${file.path}: ${fileTrouble(error)}`));
  }
}
