/**
 * Prints a folder with BPF objects that others wrote, as Debian's packages ship them: PACKAGED_OBJECTS of the tests. Many are
 * parts of programs.
 */
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fromDebian, run } from './debian/apt.js';
import { cacheFolder, keep, nameWith } from './debian/kept.js';

const SUITE = 'trixie';
const PACKAGES = ['ir-keytable', 'libbpf-tools', 'libknot15', 'libxdp1', 'pcp', 'suricata', 'systemd', 'xdp-tools'];

/** The beginning of an ELF file of 64 bits, little-endian, and the part of its header that is read here: elf(5). */
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
const HEADER_SIZE = 64;
const [ET_REL, EM_BPF] = [1, 247];

/** BPF objects in a file: all of it, or parts. An object ends with its section headers. */
function* objectsIn(bytes: Buffer): Generator<Buffer> {
  for (let at = bytes.indexOf(ELF); at >= 0; at = bytes.indexOf(ELF, at + 1)) {
    const elf = bytes.subarray(at);
    if (elf.length < HEADER_SIZE || elf.readUInt16LE(16) !== ET_REL || elf.readUInt16LE(18) !== EM_BPF) continue;
    yield elf.subarray(0, Number(elf.readBigUInt64LE(40)) + elf.readUInt16LE(58) * elf.readUInt16LE(60));
  }
}

/** Writes the objects of a package, each once, as `PACKAGE-FILE-NUMBER.bpf.o`. */
function extract(name: string, tree: string, into: string, seen: Set<string>): void {
  const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of files.map((path) => join(tree, path)).filter((path) => lstatSync(path).isFile())) {
    let number = 0;
    for (const object of objectsIn(readFileSync(file))) {
      const key = object.toString('latin1');
      if (seen.has(key)) continue;
      seen.add(key);
      writeFileSync(join(into, `${name}-${basename(file).replace(/\.\w+$/, '')}-${++number}.bpf.o`), object);
    }
  }
}

async function obtainObjects(): Promise<string> {
  const folder = join(cacheFolder(), 'objects', nameWith(SUITE, PACKAGES));
  await keep(folder, async (fresh, work) => {
    const seen = new Set<string>();
    const files = await fromDebian({ suite: SUITE, architecture: 'amd64' }, work, (apt) => apt.download(PACKAGES));
    for (const file of files) {
      const name = basename(file).replace(/_.*/, '');
      const tree = join(work, name);
      await run('dpkg-deb', ['-x', file, tree]);
      extract(name, tree, fresh, seen);
    }
  });
  return folder;
}

try {
  process.stdout.write(`${await obtainObjects()}\n`);
} catch (error) {
  process.stderr.write(`snoopkit: BPF objects of Debian's packages: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
