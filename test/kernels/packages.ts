/**
 * Debian's kernel packages, by apt: it verifies the suite's signature, with that the index, and with that each package,
 * and knows this machine's mirror and proxies. It works in a folder of its own, so that this machine's packages and
 * lists are left alone. What comes out is kept: from then on no network is needed.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Kernel } from './kernels.js';

const run = promisify(execFile);

/** A kernel that can't be had here, and why. */
export class UnavailableError extends Error {}

/** What a guest boots. */
export interface KernelFiles {
  /** As `uname -r` has it. */
  readonly release: string;
  readonly image: string;
  /** In the order in which they are loaded. */
  readonly modules: readonly string[];
}

/**
 * What a guest needs to find its root, in the order in which it is loaded. A kernel has each of them as a module, or
 * built in, or (5.10) as a part of virtio_pci.
 */
const MODULES = [
  'virtio_ring',
  'virtio',
  'virtio_pci_modern_dev',
  'virtio_pci_legacy_dev',
  'virtio_pci',
  'virtio_console',
  'fuse',
  'virtiofs',
  'overlay',
];

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snoopkit', 'kernels');
}

/** The archives of this machine's own apt, from what `apt-get --print-uris update` says that it would get. */
export function archivesIn(uris: string): string[] {
  const found = [...uris.matchAll(/^'([^']+?)\/?\/dists\/[^']*InRelease'/gm)].map(([, archive = '']) => archive);
  return [...new Set(found)];
}

/** The release that the newest cloud kernel has, from what `apt-cache depends --recurse` says of its package. */
export function releaseIn(depends: string, architecture: string): string | undefined {
  return new RegExp(`^linux-image-(\\d.*-cloud-${architecture})$`, 'm').exec(depends)?.[1];
}

/** The packages of one release: one up to trixie, then several. */
export function packagesIn(depends: string, release: string): string[] {
  return [...new Set(depends.split('\n'))].filter((line) => line.startsWith('linux-') && line.endsWith(`-${release}`));
}

/** apt with a sources list of one suite, and all that it writes in a folder. */
class Apt {
  readonly #options: string[];
  readonly #folder: string;

  constructor(folder: string, archive: string, suite: string, architecture: string) {
    this.#folder = folder;
    for (const made of ['state/lists/partial', 'cache/archives/partial', 'sources'])
      mkdirSync(join(folder, made), { recursive: true });
    writeFileSync(join(folder, 'status'), '');
    writeFileSync(
      join(folder, 'sources', 'kernels.sources'),
      `Types: deb\nURIs: ${archive}\nSuites: ${suite}\nComponents: main\nArchitectures: ${architecture}\nSigned-By: ${KEYRING}\n`,
    );
    const settings = {
      'Dir::State': join(folder, 'state'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': join(folder, 'cache'),
      'Dir::Etc::SourceList': '/dev/null',
      'Dir::Etc::SourceParts': join(folder, 'sources'),
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      // Its own user may not enter the folder.
      'APT::Sandbox::User': 'root',
      'APT::Update::Error-Mode': 'any',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
    };
    this.#options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  async run(program: string, ...words: string[]): Promise<string> {
    const options = { cwd: this.#folder, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 26 };
    const { stdout } = await run(program, ['-q', ...this.#options, ...words], options);
    return stdout;
  }
}

/** What apt said of a failure, in one line. */
function complaint(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const lines = stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  return (lines[0] ?? message.split('\n')[0] ?? '').replace(/^[EW]: /, '');
}

/** Gets the packages of a kernel into a folder, from the first archive whose signature is Debian's. */
async function download(kernel: Kernel, architecture: string, folder: string, archives: readonly string[]) {
  let problem = "this machine's apt sources name no archive";
  for (const archive of archives) {
    const inside = mkdtempSync(join(folder, 'apt-'));
    const apt = new Apt(inside, archive, kernel.suite, architecture);
    try {
      await apt.run('apt-get', 'update');
      const depends = await apt.run('apt-cache', 'depends', '-i', '--recurse', `linux-image-cloud-${architecture}`);
      const release = releaseIn(depends, architecture);
      if (release === undefined) throw new Error(`${archive} has no cloud kernel in ${kernel.suite}`);
      await apt.run('apt-get', 'download', ...packagesIn(depends, release));
      const packages = readdirSync(inside).filter((name) => name.endsWith('.deb'));
      return { release, packages: packages.map((name) => join(inside, name)) };
    } catch (error) {
      problem = complaint(error);
    }
  }
  throw new UnavailableError(problem);
}

/** Picks what a guest boots from unpacked packages. */
async function pick(unpacked: string, release: string, into: string): Promise<void> {
  const files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' });
  const image = files.find((file) => file.endsWith(`/vmlinuz-${release}`) || file.endsWith(`${release}/vmlinuz`));
  if (image === undefined) throw new UnavailableError(`the packages of ${release} have no kernel image`);
  copyFileSync(join(unpacked, image), join(into, 'vmlinuz'));
  mkdirSync(join(into, 'modules'));
  for (const [i, name] of MODULES.entries()) {
    const file = files.find((path) => new RegExp(`/kernel/.*/${name}\\.ko(\\.xz)?$`).test(path));
    if (file === undefined) continue;
    const copy = join(into, 'modules', `${i}-${basename(file)}`);
    copyFileSync(join(unpacked, file), copy);
    if (copy.endsWith('.xz')) await run('xz', ['-d', copy]);
  }
  writeFileSync(join(into, 'release'), `${release}\n`);
}

/** This machine's archives. */
async function archives(): Promise<string[]> {
  try {
    const { stdout } = await run('apt-get', ['--print-uris', 'update']);
    return archivesIn(stdout);
  } catch {
    throw new UnavailableError('there is no apt-get here that could get it');
  }
}

function read(folder: string): KernelFiles {
  const modules = readdirSync(join(folder, 'modules')).sort();
  return {
    release: readFileSync(join(folder, 'release'), 'utf8').trim(),
    image: join(folder, 'vmlinuz'),
    modules: modules.map((name) => join(folder, 'modules', name)),
  };
}

/** The files of a kernel, which are got where the cache has none. Throws UnavailableError. */
export async function obtain(
  kernel: Kernel,
  architecture: string,
  { cache = cacheFolder(), from }: { cache?: string; from?: readonly string[] } = {},
): Promise<KernelFiles> {
  const kept = join(cache, architecture, kernel.version);
  if (existsSync(kept)) return read(kept);
  mkdirSync(join(cache, architecture), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'snoopkit-packages-'));
  // Beside its place, so that half of a kernel is never found there.
  const fresh = mkdtempSync(join(cache, architecture, 'new-'));
  try {
    const { release, packages } = await download(kernel, architecture, work, from ?? (await archives()));
    for (const file of packages) await run('dpkg-deb', ['-x', file, join(work, 'unpacked')]);
    await pick(join(work, 'unpacked'), release, fresh);
    // Another run may have been quicker.
    if (!existsSync(kept)) renameSync(fresh, kept);
    return read(kept);
  } finally {
    for (const folder of [work, fresh]) rmSync(folder, { recursive: true, force: true });
  }
}
