import { Destination } from '../output/destination.js';

/**
 * Writes all of a text to a file, or to standard output, where a slow or closed pipe is
 * not an error. Throws SnoopkitError if it can't be written.
 */
export async function writeText(text: string, file?: string): Promise<void> {
  const destination =
    file === undefined ? Destination.stdout() : Destination.file(file, { truncate: true, mode: 0o644 });
  destination.begin(Buffer.alloc(0));
  destination.write(Buffer.from(text));
  await destination.close();
  if (destination.error) throw destination.error;
}
