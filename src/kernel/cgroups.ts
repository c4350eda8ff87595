import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mountPoint } from './mounts.js';

/** Maximum number of remembered cgroups. Beyond it, all are looked up anew. */
const MOST = 16_384;
/** Time for which a cgroup counts as missing, in milliseconds. */
const MISSING_MS = 1000;

/** Paths of cgroups (v2) below the root, by ID, which is the inode number of the cgroup's folder: see cgroups(7). */
export class CgroupPaths {
  readonly #root: string | undefined;
  readonly #paths = new Map<bigint, string>();
  /** Cgroups that were not found, and until when that is valid, by performance.now(). */
  readonly #missing = new Map<bigint, number>();
  #walked = Number.NEGATIVE_INFINITY;
  /**
   * Paths of cgroups created or removed since a trace began, which may no longer exist:
   * src/trace/features/cgroups/cgroups.h.
   */
  kept: ((id: bigint) => string | undefined) | undefined;

  constructor(root: string | undefined = mountPoint('cgroup2')) {
    this.#root = root;
  }

  /** The path of a cgroup; undefined if it was removed before anyone looked. */
  path(id: bigint): string | undefined {
    const known = this.#paths.get(id);
    if (known !== undefined || id === 0n) return known;
    const now = performance.now();
    if (now < (this.#missing.get(id) ?? now)) return undefined;
    // The cgroup may be removed while the tree is read.
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

  /** Reads the whole tree. With `kept`, which reports new cgroups, this is only done from time to time. */
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
      // Removed, or not readable.
    }
  }
}
