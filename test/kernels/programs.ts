import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where virtiofsd is: the first up to QEMU 7, the second as a package of its own. */
const ELSEWHERE = ['/usr/lib/qemu', '/usr/libexec', '/usr/sbin', '/sbin'];

/** The path of a program. Throws where it is missing. */
export function findProgram(name: string): string {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...ELSEWHERE]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Perhaps in the next one.
    }
  }
  throw new Error(`${name} is missing: make test-kernels installs it, on Debian`);
}
