import { join } from 'node:path';
import { errnoText } from '../../kernel/errno.js';
import type { Signal } from '../types.js';

/** Maximum size of a file in bytes. Larger files would keep delivered requests for too long. */
const FILE_SIZE = 4 << 20;

/** Milliseconds until writing is retried after a failure: space may have been freed. */
const PAUSE_MS = 60_000;

/** Reason of a failed file operation, for the user. */
export function fileTrouble(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : errnoText(-errno);
}

/** State shared by the spools of a run: their folder, its free space, and whether it is writable. */
export class SpoolDisk {
  readonly #path: string;
  readonly #run: string;
  readonly #max: number;
  readonly #onTrouble: (text: string) => void;
  #files = 0;
  #pausedUntil = 0;
  #hasTold = false;
  /** Bytes on disk. */
  used = 0;

  constructor(path: string, run: string, max: number, onTrouble: (text: string) => void) {
    this.#path = path;
    this.#run = run;
    this.#max = max;
    this.#onTrouble = onTrouble;
  }

  /** Size at which a file is complete, in bytes. Several files must fit. */
  get fileSize(): number {
    return Math.min(FILE_SIZE, this.#max / 4);
  }

  hasRoom(size: number): boolean {
    return performance.now() >= this.#pausedUntil && this.used + size <= this.#max;
  }

  /** Path of the next new file. */
  newPath(signal: Signal): string {
    return join(this.#path, `${signal}-${this.#run}-${String(this.#files++).padStart(8, '0')}.otlp`);
  }

  /** Suspends writing, with one message. */
  fail(error: unknown): void {
    this.#pausedUntil = performance.now() + PAUSE_MS;
    if (this.#hasTold) return;
    this.#hasTold = true;
    this.tell(`cannot write to ${this.#path}: ${fileTrouble(error)}; unsent records stay in memory`);
  }

  tell(text: string): void {
    this.#onTrouble(text);
  }
}
