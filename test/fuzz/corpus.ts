import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDERS = ['bpf/fixtures', 'btf/fixtures', 'events/fixtures', 'native/fixtures'].map((folder) => `../${folder}`);

/** Paths of the objects that are built for this machine: the tools' and the tests'. */
export function corpus(): string[] {
  return [...FOLDERS, `../../bpf/${process.arch}`].flatMap((folder) => {
    const url = new URL(`${folder}/`, import.meta.url);
    const names = readdirSync(url).filter((name) => name.endsWith('.bpf.o'));
    return names.sort().map((name) => fileURLToPath(new URL(name, url)));
  });
}
