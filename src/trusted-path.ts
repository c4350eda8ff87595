/**
 * Trust in files in world-writable folders, such as /tmp: the restrictions of Linux's fs.protected_symlinks, _regular
 * and _fifos, also where these are disabled or incomplete.
 */
import { lstatSync, readlinkSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SnoopkitError } from './errors.js';

const STICKY = 0o1000;
const WRITABLE_BY_ALL = 0o002;
/** The limit of path_resolution(7). */
const MOST_LINKS = 40;

const isOpenToAll = ({ mode }: Stats) => (mode & STICKY) !== 0 && (mode & WRITABLE_BY_ALL) !== 0;

const isStrange = ({ uid }: Stats, folder: Stats) =>
  isOpenToAll(folder) && uid !== process.geteuid?.() && uid !== folder.uid;

/** A path that is not trusted, or has too many links. */
export class UntrustedPathError extends SnoopkitError {
  readonly reason: string;

  constructor(path: string, reason: string) {
    super('OUTPUT', `cannot write to ${path}: ${reason}`);
    this.reason = reason;
  }
}

function refuse(path: string, what: string): never {
  throw new UntrustedPathError(path, what);
}

/** PROC_SUPER_MAGIC of include/uapi/linux/magic.h */
const PROC_FS = 0x9fa0;

/** Whether a path, as `withoutLinks` returns it, is that of a file or link of /proc itself: of an open file, such as /dev/stdout. */
export const isOfProc = (path: string): boolean =>
  path.startsWith('/proc/') && statfsSync(dirname(path)).type === PROC_FS;

/** `join`, but below a link of /proc only the kernel knows what is above. */
const below = (folder: string, name: string) =>
  folder.startsWith('/proc/') && name !== '' ? `${folder}/${name}` : join(folder, name);

/**
 * Resolves symbolic links, except those of /proc, which are no ordinary links. Throws SnoopkitError for a link of an
 * untrusted user.
 */
export function withoutLinks(path: string): string {
  let at = path.startsWith('/') ? '/' : process.cwd();
  let links = 0;
  const names = path.split('/');
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    // Keep the final slash of a name.
    if (name === '' && names.length === 0 && at !== '/') return `${at}/`;
    const next = below(at, name);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (!found?.isSymbolicLink() || isOfProc(next)) {
      at = next;
      continue;
    }
    if (isStrange(found, statSync(at)))
      refuse(path, `${next} is a symbolic link of user ${found.uid} in a world-writable folder`);
    if (++links > MOST_LINKS) refuse(path, 'too many symbolic links');
    const target = readlinkSync(next);
    names.unshift(...target.split('/'));
    if (target.startsWith('/')) at = '/';
  }
  return at;
}

/** Throws SnoopkitError for a file created by an untrusted user. */
export function checkOwner(path: string, real: string, file: Stats): void {
  const folder = statSync(dirname(real));
  if (isStrange(file, folder)) refuse(path, `it belongs to user ${file.uid} and is in a world-writable folder`);
  if (isOpenToAll(folder) && file.isFile() && file.nlink > 1)
    refuse(path, 'it has several hard links and is in a world-writable folder');
}
