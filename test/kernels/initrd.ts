/** The first filesystem of a guest: busybox, the modules that reach the real root, and init.sh. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Makes it in a folder, and returns its path. */
export function makeInitrd(folder: string, init: string, busybox: string, modules: readonly string[]): string {
  const root = join(folder, 'initrd');
  for (const made of ['bin', 'modules', 'proc', 'sys', 'dev', 'host', 'changes', 'root'])
    mkdirSync(join(root, made), { recursive: true });
  copyFileSync(busybox, join(root, 'bin', 'busybox'));
  copyFileSync(init, join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  for (const module of modules) copyFileSync(module, join(root, 'modules', basename(module)));
  const archive = join(folder, 'initrd.cpio');
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  execFileSync('cpio', ['--quiet', '-o', '-H', 'newc', '-O', archive], { cwd: root, input: `${names.join('\n')}\n` });
  return archive;
}
