/** Pins: files of a BPF file system that keep what they name. */
import { existsSync, statfsSync, unlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ERRNO } from '../kernel/errno.js';
import { BpfError, refused } from './errors.js';

const { EEXIST, EPERM } = ERRNO;
/** BPF_FS_MAGIC of include/uapi/linux/magic.h */
const BPF_FS = 0xcafe_4a11;

/** Whether the folder of a path is in a BPF file system; libbpf makes it if only itself is missing. */
export function isPinnable(path: string): boolean {
  const folder = dirname(path);
  const existing = existsSync(folder) ? folder : dirname(folder);
  return existsSync(existing) && statfsSync(existing).type === BPF_FS;
}

/** The error of a pin that could not be made or opened. */
export function pinError(operation: string, path: string, errno: number): Error {
  const folder = dirname(path);
  const because = (why: string) => new BpfError(`${operation}: ${why}`, errno, { isWhole: true });
  if (!existsSync(folder)) return because(`there is no folder ${folder}`);
  if (errno === EEXIST) return because('there is a file of that name');
  if (existsSync(`${path}/.`)) return because('it is a folder');
  if (statfsSync(folder).type !== BPF_FS)
    return because(`${folder} is not in a BPF file system: mount one with mount -t bpf bpf /sys/fs/bpf`);
  // bpf_lookup() of kernel/bpf/inode.c
  if (errno === EPERM && basename(path).includes('.')) return because('a name in a BPF file system has no dots');
  return refused(operation, errno);
}

/** Paths at which one program or link is pinned. */
export class Pins {
  readonly #paths = new Set<string>();

  /** `pin` returns 0 or a negated errno. */
  add(what: string, path: string, pin: (path: string) => number): void {
    // The working folder may be another one when it is removed.
    const at = resolve(path);
    const result = pin(at);
    if (result < 0) throw pinError(`cannot pin ${what} to ${at}`, at, -result);
    this.#paths.add(at);
  }

  /** One that was there already. */
  adopt(path: string): void {
    this.#paths.add(resolve(path));
  }

  /** Removes all of them. */
  remove(): void {
    for (const path of this.#paths) {
      this.#paths.delete(path);
      unlinkSync(path);
    }
  }
}
