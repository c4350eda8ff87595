import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mountPoint } from './mounts.js';

/** Those that are remembered: when there are more, all are looked up anew. */
const MOST = 16_384;
/** How long it holds that a cgroup is not there. */
const MISSING_MS = 1000;

/** Of cgroups (v2), whose ids are the inode numbers of their folders, the paths below the root: see cgroups(7). */
export class CgroupPaths {
  readonly #root: string | undefined;
  readonly #paths = new Map<bigint, string>();
  /** Those that were not found, and until when that holds, by performance.now(). */
  readonly #missing = new Map<bigint, number>();
  #walked = Number.NEGATIVE_INFINITY;
  /** Knows those that were made or removed since a trace began, and need not be there any more: bpf/include/cgroups.h. */
  kept: ((id: bigint) => string | undefined) | undefined;

  constructor(root: string | undefined = mountPoint('cgroup2')) {
    this.#root = root;
  }

  /** Undefined for one that nobody knows: then it was gone before anybody looked. */
  path(id: bigint): string | undefined {
    const known = this.#paths.get(id);
    if (known !== undefined || id === 0n) return known;
    const now = performance.now();
    if (now < (this.#missing.get(id) ?? now)) return undefined;
    // It may be removed while the tree is read.
    const path = this.kept?.(id) ?? this.#walk(id, now) ?? this.kept?.(id);
    if (path === undefined) {
      if (this.#missing.size >= MOST) this.#missing.clear();
      this.#missing.set(id, now + MISSING_MS);
      return undefined;
    }
    this.#missing.delete(id);
    this.#remember(id, path);
    return path;
  }

  /** Looks through the whole tree. Who is told of new ones has them from there: to look now and then is enough. */
  #walk(id: bigint, now: number): string | undefined {
    if (this.#root === undefined || (this.kept && now - this.#walked < MISSING_MS)) return undefined;
    this.#walked = now;
    this.#read(this.#root, '/');
    return this.#paths.get(id);
  }

  #remember(id: bigint, path: string): void {
    if (this.#paths.size >= MOST) this.#paths.clear();
    this.#paths.set(id, path);
  }

  #read(folder: string, path: string): void {
    try {
      this.#remember(statSync(folder, { bigint: true }).ino, path);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) this.#read(join(folder, entry.name), join(path, entry.name));
    } catch {
      // It is gone, or not ours to look at.
    }
  }
}
