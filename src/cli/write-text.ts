import { Destination } from '../output/destination.js';

/**
 * Writes all of a text to a file, or to standard output, where a slow pipe and one that is closed early are
 * no failure. Throws SnoopkitError when it can't be written.
 */
export async function writeText(text: string, file?: string): Promise<void> {
  const destination =
    file === undefined ? Destination.stdout() : Destination.file(file, { truncate: true, mode: 0o644 });
  destination.begin(Buffer.alloc(0));
  destination.write(Buffer.from(text));
  await destination.close();
  if (destination.error) throw destination.error;
}
