import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDERS = ['bpf/fixtures', 'btf/fixtures', 'events/fixtures', 'native/fixtures'].map((folder) => `../${folder}`);

function objectsIn(folder: string): string[] {
  const url = new URL(`${folder}/`, import.meta.url);
  const names = readdirSync(url).filter((name) => name.endsWith('.bpf.o'));
  return names.sort().map((name) => fileURLToPath(new URL(name, url)));
}

/** Paths of the tools' objects, built for this machine. */
export function toolObjects(): string[] {
  return objectsIn(`../../bpf/${process.arch}`);
}

/** Those, and the tests'. */
export function corpus(): string[] {
  return [...FOLDERS.flatMap(objectsIn), ...toolObjects()];
}
