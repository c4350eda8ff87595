import { readFileSync } from 'node:fs';

/** The bytes of a file. Throws the file system's error, which always has the path: Node's own lacks it once a file is open. */
export function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { message, path: named } = error as NodeJS.ErrnoException;
    if (named === undefined) Object.assign(error as Error, { path, message: `${message} '${path}'` });
    throw error;
  }
}
