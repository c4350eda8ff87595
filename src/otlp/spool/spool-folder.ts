import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SnoopkitError } from '../../errors.js';
import { SIGNALS, type Signal } from '../types.js';
import { ownFolder } from './own-folder.js';
import { Spool } from './spool.js';
import { fileTrouble, SpoolDisk } from './spool-disk.js';
import { holdFolder, isHeld } from './spool-lock.js';

const RUN = /^run-[0-9]{13}-[0-9a-f]{12}$/;

/** Signal, start of the run, its ID, and number of the file. Order by name is order by time. */
const FILE = /^([a-z]+)-[0-9]{13}-[0-9a-f]{12}-[0-9]{8}\.otlp$/;

/** Whether only we can have written it. */
const isOurs = ({ uid, mode }: Stats) => uid === process.geteuid?.() && (mode & 0o022) === 0;

/**
 * Folder for requests while the collector is unavailable. Each run has a subfolder, and adopts those of dead runs when
 * it starts.
 */
export class SpoolFolder {
  readonly #path: string;
  readonly #disk: SpoolDisk;
  readonly #release: () => Promise<void>;
  /** Files of dead runs, in order. */
  readonly #left: Record<Signal, string[]> = { logs: [], traces: [], metrics: [] };

  private constructor(path: string, disk: SpoolDisk, release: () => Promise<void>) {
    this.#path = path;
    this.#disk = disk;
    this.#release = release;
  }

  /** `max` is in bytes, for all signals of this run. Throws if the folder is not writable. */
  static async open(directory: string, max: number, onTrouble: (text: string) => void): Promise<SpoolFolder> {
    try {
      await ownFolder(directory);
      const run = `${Date.now().toString().padStart(13, '0')}-${randomBytes(6).toString('hex')}`;
      const path = join(directory, `run-${run}`);
      // The folder gets its name once it is locked: any run may adopt an unlocked one.
      const unnamed = join(directory, `.new-${run}`);
      await mkdir(unnamed, { mode: 0o700 });
      const release = await holdFolder(unnamed).catch(async (error) => {
        await rmdir(unnamed);
        throw error;
      });
      await rename(unnamed, path);
      const folder = new SpoolFolder(path, new SpoolDisk(path, run, max, onTrouble), release);
      await folder.#adopt(directory);
      return folder;
    } catch (cause) {
      throw new SnoopkitError('SPOOL', `cannot use the spool ${directory}: ${fileTrouble(cause)}`, { cause });
    }
  }

  /** The spool of a signal, with the files of earlier runs. Call once per signal. */
  spool(signal: Signal): Promise<Spool> {
    return Spool.open(this.#disk, signal, this.#left[signal].splice(0));
  }

  /** Leaves the remaining requests to the next run. */
  async close(): Promise<void> {
    await this.#release();
    // Not empty, or already adopted by another run.
    await rmdir(this.#path).catch(() => undefined);
  }

  async #adopt(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      // Another run may be faster.
      if (RUN.test(name)) await this.#take(join(directory, name)).catch((error) => this.#complain(error));
    }
    const files: string[] = [];
    for (const entry of await readdir(this.#path, { recursive: true })) {
      const name = basename(entry);
      if (!FILE.test(name)) continue;
      const path = join(this.#path, name);
      if (entry !== name) await rename(join(this.#path, entry), path);
      const status = await lstat(path);
      if (!status.isFile() || !isOurs(status)) continue;
      this.#disk.used += status.size;
      files.push(path);
    }
    for (const name of await readdir(this.#path)) {
      if (RUN.test(name)) await rm(join(this.#path, name), { recursive: true });
    }
    for (const path of files.sort()) {
      const signal = SIGNALS.find((known) => basename(path).startsWith(`${known}-`));
      if (signal !== undefined) this.#left[signal].push(path);
    }
  }

  /** Moves the folder of a dead run into our own; succeeds in only one of several runs. */
  async #take(path: string): Promise<void> {
    const status = await lstat(path);
    // Another user's folder could make us send anything.
    if (path === this.#path || !status.isDirectory() || !isOurs(status)) return;
    if (!(await isHeld(path))) await rename(path, join(this.#path, basename(path)));
  }

  #complain(error: unknown): void {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    this.#disk.tell(`cannot adopt the spool of an earlier run: ${fileTrouble(error)}`);
  }
}
