import { join } from 'node:path';
import { errnoText } from '../../kernel/errno.js';
import type { Signal } from '../types.js';

/** Files that grow larger hold up too much that is delivered already. */
const FILE_SIZE = 4 << 20;

/** When writing is tried again after it has failed: a disk may be emptied. */
const PAUSE_MS = 60_000;

/** Why a file operation failed, for a person. */
export function fileTrouble(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : errnoText(-errno);
}

/** What the spools of a run have in common: a folder, the room in it, and whether it can be written to. */
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

  /** A file that would become larger is complete: several of them must fit. */
  get fileSize(): number {
    return Math.min(FILE_SIZE, this.#max / 4);
  }

  hasRoom(size: number): boolean {
    return performance.now() >= this.#pausedUntil && this.used + size <= this.#max;
  }

  /** The path of the next new file. */
  newPath(signal: Signal): string {
    return join(this.#path, `${signal}-${this.#run}-${String(this.#files++).padStart(8, '0')}.otlp`);
  }

  /** For now there is no writing here. Said once. */
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
