/**
 * Extracts a libbpf that is newer than that of the oldest Debian: `node dist/scripts/newer-libbpf.js FOLDER` leaves in the
 * folder `sysroot`, a link to the library and its headers.
 */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { obtainNewerLibbpf } from './debian/trees.js';

const [folder = 'build/newer-libbpf'] = process.argv.slice(2);
try {
  mkdirSync(folder, { recursive: true });
  const sysroot = join(folder, 'sysroot');
  rmSync(sysroot, { force: true });
  symlinkSync(await obtainNewerLibbpf(process.arch === 'x64' ? 'amd64' : process.arch), sysroot);
} catch (error) {
  process.stderr.write(`snoopkit: a newer libbpf: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
