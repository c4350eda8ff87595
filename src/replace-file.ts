import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnoopkitError } from './errors.js';
import { errnoText } from './kernel/errno.js';
import { checkOwner, isOfProc, withoutLinks } from './trusted-path.js';

/** Writes the bytes beside the file, then renames the new file over it. */
function swap(file: string, bytes: Uint8Array, old: Stats | undefined): void {
  // As it is: the names before `..` may be links of /proc.
  const unfinished = `${dirname(file)}/.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(unfinished, bytes, { flag: 'wx', mode: old ? 0o600 : 0o666 });
    if (old) {
      chownSync(unfinished, old.uid, old.gid);
      chmodSync(unfinished, old.mode & 0o7777);
    }
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/**
 * Of a folder in which nothing can be created or replaced, of an owner that can't be kept (EINVAL: who has no number in this
 * user namespace), and of a file that is a mount.
 */
const CANNOT_SWAP: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL', 'EBUSY']);

function replace(file: string, bytes: Uint8Array): void {
  const target = withoutLinks(file);
  if (isOfProc(target)) {
    // An open file, such as /dev/stdout, has other users, who may have written to it.
    writeFileSync(target, bytes, { flag: 'a' });
    return;
  }
  const old = lstatSync(target, { throwIfNoEntry: false });
  if (old) checkOwner(file, target, old);
  try {
    swap(target, bytes, old);
  } catch (error) {
    if (!old || !CANNOT_SWAP.has((error as NodeJS.ErrnoException).code)) throw error;
    writeFileSync(target, bytes);
  }
}

/**
 * Replaces a regular file, or makes one, so that it never has a part of the bytes: make(1) would take that for up to date.
 * Its owner and mode stay, and so does a link that leads to it. Where only the file can be written to, and not its folder, or
 * where the file is a mount, it is written in place, and an error can leave a part.
 *
 * Throws SnoopkitError (OUTPUT) if that fails, or if a user who is not trusted chose the path, as in /tmp.
 */
export function replaceFile(file: string, bytes: Uint8Array): void {
  try {
    replace(file, bytes);
  } catch (error) {
    if (error instanceof SnoopkitError) throw error;
    const { errno = 0 } = error as NodeJS.ErrnoException;
    throw new SnoopkitError('OUTPUT', `cannot write to ${file}: ${errnoText(-errno)}`, { cause: error });
  }
}
