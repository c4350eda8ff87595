import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mountPoint } from './mounts.js';

/** Of cgroups (v2), whose ids are the inode numbers of their folders, the paths below the root: see cgroups(7). */
export class CgroupPaths {
  readonly #root = mountPoint('cgroup2');
  readonly #paths = new Map<bigint, string>();

  /** Looks through the whole tree for one that is not known. */
  path(id: bigint): string | undefined {
    if (this.#root === undefined || id === 0n) return undefined;
    if (!this.#paths.has(id)) this.#read(this.#root, '/');
    return this.#paths.get(id);
  }

  #read(folder: string, path: string): void {
    try {
      this.#paths.set(statSync(folder, { bigint: true }).ino, path);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) this.#read(join(folder, entry.name), join(path, entry.name));
    } catch {
      // It is gone, or not ours to look at.
    }
  }
}
