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

/** A signal, when the run began and which it was, and the file's number: in the order of names they are in order of time. */
const FILE = /^([a-z]+)-[0-9]{13}-[0-9a-f]{12}-[0-9]{8}\.otlp$/;

/** Nobody else could have put there what it has. */
const isOurs = ({ uid, mode }: Stats) => uid === process.geteuid?.() && (mode & 0o022) === 0;

/**
 * Where requests lie on disk while a collector is away. Each run has a folder of its own in there, and takes to itself,
 * as it starts, what dead runs have left.
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

  /** `max` is in bytes, for all signals of this run. Fails where nothing can be written. */
  static async open(directory: string, max: number, onTrouble: (text: string) => void): Promise<SpoolFolder> {
    try {
      await ownFolder(directory);
      const run = `${Date.now().toString().padStart(13, '0')}-${randomBytes(6).toString('hex')}`;
      const path = join(directory, `run-${run}`);
      // It gets its name when it is held: one that is not held is there for anyone to take.
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

  /** That of a signal, with what an earlier run left for it. Once for each. */
  spool(signal: Signal): Promise<Spool> {
    return Spool.open(this.#disk, signal, this.#left[signal].splice(0));
  }

  /** Leaves what is still there to the next run. */
  async close(): Promise<void> {
    await this.#release();
    // Not empty, or taken by another run already.
    await rmdir(this.#path).catch(() => undefined);
  }

  async #adopt(directory: string): Promise<void> {
    for (const name of await readdir(directory)) {
      // Another run that starts now may be quicker.
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

  /** Moves the folder of a dead run into ours: only one of several runs can. */
  async #take(path: string): Promise<void> {
    const status = await lstat(path);
    // Somebody else's folder could make us send what they like.
    if (path === this.#path || !status.isDirectory() || !isOurs(status)) return;
    if (!(await isHeld(path))) await rename(path, join(this.#path, basename(path)));
  }

  #complain(error: unknown): void {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    this.#disk.tell(`cannot adopt the spool of an earlier run: ${fileTrouble(error)}`);
  }
}
