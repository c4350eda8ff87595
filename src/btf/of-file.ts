import { readFile } from '../read-file.js';
import { BtfError } from './error.js';

/**
 * Runs `work` on the bytes of a file. A BtfError about them names the file.
 *
 * @throws the file system's error if it can't be read.
 */
export function ofFile<T>(path: string, work: (bytes: Buffer) => T): T {
  const bytes = readFile(path);
  try {
    return work(bytes);
  } catch (error) {
    if (error instanceof BtfError) throw new BtfError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
