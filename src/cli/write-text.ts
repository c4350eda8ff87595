import { statSync } from 'node:fs';
import { Destination } from '../output/destination.js';
import { replaceFile } from '../replace-file.js';

/** Writes a text as `writeBytes` does. */
export const writeText = (text: string, file?: string): Promise<void> => writeBytes(Buffer.from(text), file);

/**
 * Writes all of the bytes to a file as `replaceFile` does, or to a device, a pipe or standard output, where a slow or closed
 * pipe is not an error. Throws SnoopkitError if they can't be written.
 */
export async function writeBytes(bytes: Buffer, file?: string): Promise<void> {
  if (file !== undefined && (statSync(file, { throwIfNoEntry: false })?.isFile() ?? true))
    return replaceFile(file, bytes);
  const destination =
    file === undefined ? Destination.stdout() : Destination.file(file, { truncate: true, mode: 0o644 });
  destination.begin(Buffer.alloc(0));
  destination.write(bytes);
  await destination.close();
  if (destination.error) throw destination.error;
}
