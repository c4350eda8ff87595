/**
 * Extracts the files of Debian's arm64 packages that a build for arm64 needs: `node dist/scripts/arm64.js FOLDER`
 * leaves in the folder `sysroot`, a link to the libraries and their headers, and `vmlinux.btf`, the types of a kernel.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Btf } from '../src/btf/index.js';
import { btfInImage } from './debian/image-btf.js';
import { obtain } from './debian/kernel.js';
import { obtainSysroot } from './debian/trees.js';

const architecture = 'arm64';

async function prepare(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const sysroot = join(folder, 'sysroot');
  rmSync(sysroot, { force: true });
  symlinkSync(await obtainSysroot(architecture), sysroot);
  const { image } = await obtain({ series: '6.12', suite: 'trixie', architecture });
  const btf = btfInImage(readFileSync(image));
  Btf.parse(btf);
  writeFileSync(join(folder, 'vmlinux.btf'), btf);
}

try {
  await prepare(process.argv[2] ?? 'build/arm64');
} catch (error) {
  process.stderr.write(`snoopkit: what a build for arm64 needs: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
