import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A tool's compiled object: dist/bpf/<arch>/<name>.bpf.o, next to this file's dist/src. */
export function objectPath(name: string): string {
  const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  return join(dist, 'bpf', process.arch, `${name}.bpf.o`);
}

/** Its compiled definition: dist/tools/<name>.js. */
export function moduleOf(name: string): URL {
  return new URL(`../../tools/${name}.js`, import.meta.url);
}
