import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Signal } from '../types.js';
import { DONE_MARK, decodeHeader, encodeHeader, HEADER_SIZE, isWhole } from './spool-frame.js';

/** A request in a file. */
export interface Frame {
  readonly offset: number;
  readonly records: number;
  /** Undefined if damaged. */
  readonly request: Buffer | undefined;
}

/** A sequence of frames. Operations run one at a time. */
export class SpoolFile {
  readonly path: string;
  readonly #signal: Signal;
  #handle: FileHandle | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #readAt = 0;
  #isRemoved = false;
  /** Bytes of complete frames. */
  size = 0;
  /** Frames not yet read; frames not yet delivered, including those. */
  unread = 0;
  pending = 0;
  #unreadRecords = 0;

  private constructor(path: string, signal: Signal) {
    this.path = path;
    this.#signal = signal;
  }

  /** Creates a file. */
  static async create(path: string, signal: Signal): Promise<SpoolFile> {
    const file = new SpoolFile(path, signal);
    file.#handle = await open(path, 'wx+', 0o600);
    return file;
  }

  /**
   * Opens a file left by an earlier run. Returns its number of records and the size in bytes of an incomplete frame at
   * its end.
   */
  static async adopt(path: string, signal: Signal): Promise<{ file: SpoolFile; records: number; torn: number }> {
    const file = new SpoolFile(path, signal);
    try {
      const torn = await file.#scan(await file.#open());
      return { file, records: file.#unreadRecords, torn };
    } finally {
      await file.rest();
    }
  }

  /** Finds the complete frames and cuts off the rest. */
  async #scan(handle: FileHandle): Promise<number> {
    const total = (await handle.stat()).size;
    const header = Buffer.alloc(HEADER_SIZE);
    while (this.size < total) {
      const { bytesRead } = await handle.read(header, 0, HEADER_SIZE, this.size);
      const found = decodeHeader(header.subarray(0, bytesRead));
      const end = this.size + HEADER_SIZE + (found?.length ?? 0);
      if (found?.signal !== this.#signal || end > total) break;
      this.size = end;
      if (found.isDone) continue;
      this.#unreadRecords += found.records;
      this.unread++;
      this.pending++;
    }
    if (this.size < total) await handle.truncate(this.size);
    return total - this.size;
  }

  /** Appends a frame and returns its offset. `isRead` if the caller keeps the request in memory. */
  async append(request: Uint8Array, records: number, isRead: boolean): Promise<number> {
    // A file with a frame to come must not look finished.
    this.pending++;
    try {
      return await this.#inTurn((handle) => this.#write(handle, request, records, isRead));
    } catch (error) {
      this.pending--;
      throw error;
    }
  }

  async #write(handle: FileHandle, request: Uint8Array, records: number, isRead: boolean): Promise<number> {
    const offset = this.size;
    try {
      const header = encodeHeader(this.#signal, records, request);
      const { bytesWritten } = await handle.writev([header, request], offset);
      if (bytesWritten < HEADER_SIZE) await writeAll(handle, header.subarray(bytesWritten), offset + bytesWritten);
      const written = Math.max(0, bytesWritten - HEADER_SIZE);
      await writeAll(handle, request.subarray(written), offset + HEADER_SIZE + written);
    } catch (error) {
      // An incomplete frame would hide the following ones from a later run.
      await handle.truncate(offset).catch(() => undefined);
      throw error;
    }
    this.size = offset + HEADER_SIZE + request.length;
    if (isRead) this.#readAt = this.size;
    else {
      this.unread++;
      this.#unreadRecords += records;
    }
    return offset;
  }

  /** Reads the next unread frame. */
  next(): Promise<Frame | undefined> {
    return this.#inTurn(async (handle) => {
      while (this.#readAt < this.size) {
        const offset = this.#readAt;
        const header = Buffer.alloc(HEADER_SIZE);
        await handle.read(header, 0, HEADER_SIZE, offset);
        const found = decodeHeader(header);
        if (found === undefined) break;
        this.#readAt += HEADER_SIZE + found.length;
        if (found.isDone) continue;
        this.unread--;
        this.#unreadRecords -= found.records;
        const request = Buffer.allocUnsafeSlow(found.length);
        const { bytesRead } = await handle.read(request, 0, request.length, offset + HEADER_SIZE);
        const isGood = bytesRead === request.length && isWhole(header, request);
        return { offset, records: found.records, request: isGood ? request : undefined };
      }
      return undefined;
    });
  }

  /** Drops unread frames. Returns their number of records. */
  forget(): number {
    const lost = this.#unreadRecords;
    this.pending -= this.unread;
    this.unread = 0;
    this.#unreadRecords = 0;
    return lost;
  }

  /** Marks a frame as no longer needed: delivered or dropped. */
  async markDone(offset: number): Promise<void> {
    this.pending--;
    if (this.pending === 0) return;
    await this.#inTurn((handle) => writeAll(handle, DONE_MARK.bytes, offset + DONE_MARK.offset));
  }

  /**
   * Closes the descriptor until it is needed again; `isComplete` after the last frame, which is then synced to disk.
   */
  rest(isComplete = false): Promise<void> {
    const done = this.#last.then(async () => {
      const handle = this.#handle;
      this.#handle = undefined;
      try {
        if (isComplete) await handle?.datasync();
      } finally {
        await handle?.close();
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.rest();
    await unlink(this.path);
  }

  async #open(): Promise<FileHandle> {
    this.#handle ??= await open(this.path, constants.O_RDWR | constants.O_NOFOLLOW);
    return this.#handle;
  }

  #inTurn<T>(act: (handle: FileHandle) => Promise<T>): Promise<T> {
    if (this.#isRemoved) return Promise.reject(new Error(`${this.path} was removed`));
    const done = this.#last.then(async () => act(await this.#open()));
    this.#last = done.catch(() => undefined);
    return done;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}
