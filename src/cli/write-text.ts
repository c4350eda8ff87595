import { chownSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { Destination } from '../output/destination.js';

/** Writes a text as `writeBytes` does. */
export const writeText = (text: string, file?: string): Promise<void> => writeBytes(Buffer.from(text), file);

/** Puts the bytes in the place of a file when all are written: make(1) would take a part of them for up to date. */
function replaceFile(file: string, bytes: Buffer, old: Stats | undefined): void {
  // A link stays.
  const target = old ? realpathSync(file) : file;
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, bytes, { flag: 'wx', mode: old ? old.mode & 0o777 : 0o644 });
    if (old) chownSync(unfinished, old.uid, old.gid);
    renameSync(unfinished, target);
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') rmSync(unfinished, { force: true });
    throw new SnoopkitError('OUTPUT', `cannot write to ${file}: ${errnoText(-errno)}`, { cause: error });
  }
}

/**
 * Writes all of the bytes to a file, which is replaced when all is well and left alone otherwise, or to a device, a pipe or
 * standard output, where a slow or closed pipe is not an error. Throws SnoopkitError if they can't be written.
 */
export async function writeBytes(bytes: Buffer, file?: string): Promise<void> {
  if (file !== undefined) {
    const old = statSync(file, { throwIfNoEntry: false });
    if (old === undefined || old.isFile()) return replaceFile(file, bytes, old);
  }
  const destination =
    file === undefined ? Destination.stdout() : Destination.file(file, { truncate: true, mode: 0o644 });
  destination.begin(Buffer.alloc(0));
  destination.write(bytes);
  await destination.close();
  if (destination.error) throw destination.error;
}
