import { readFileSync, statSync } from 'node:fs';
import { UsageError } from './errors.js';

/**
 * The bytes of a file. Throws the file system's error, which always has the path: Node's own lacks it once a file is open.
 * Throws UsageError for a device, which may have no end.
 */
export function readFile(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isCharacterDevice() || stats?.isBlockDevice()) throw new UsageError(`cannot read ${path}: it is a device`);
  try {
    return readFileSync(path);
  } catch (error) {
    const { message, path: named } = error as NodeJS.ErrnoException;
    if (named === undefined) Object.assign(error as Error, { path, message: `${message} '${path}'` });
    throw error;
  }
}
