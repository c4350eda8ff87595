/** Debian's cloud kernels: the image, and the modules that a guest needs. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fromDebian, type Release, run, UnavailableError } from './apt.js';
import { cacheFolder, keep, nameWith } from './kept.js';

export interface Kernel extends Release {
  /** The version without its last part. A suite that is not released yet moves on to the next. */
  readonly series: string;
}

/** Files that a guest boots. */
export interface KernelFiles {
  /** As `uname -r` has it. */
  readonly release: string;
  readonly image: string;
  /** In the order in which they are loaded. */
  readonly modules: readonly string[];
}

/**
 * Modules that a guest needs to find its root, then those that tests of the network need, in the order of loading. A
 * kernel has each of them as a module, or built in, or (5.10) as a part of virtio_pci.
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
  'veth',
  'sch_ingress',
  'cls_bpf',
  'cls_matchall',
  'act_bpf',
  'inet_diag',
  'tcp_diag',
  'udp_diag',
];

/** The release that the newest cloud kernel has, from what `apt-cache depends --recurse` says of its package. */
export function releaseIn(depends: string, architecture: string): string | undefined {
  return new RegExp(`^linux-image-(\\d.*-cloud-${architecture})$`, 'm').exec(depends)?.[1];
}

/** The packages of one release: one up to trixie, then several. */
export function packagesIn(depends: string, release: string): string[] {
  return [...new Set(depends.split('\n'))].filter((line) => line.startsWith('linux-') && line.endsWith(`-${release}`));
}

/** Gets the packages of a kernel into a folder. */
function download(kernel: Kernel, folder: string, from?: readonly string[]) {
  const { suite, architecture } = kernel;
  const newest = `linux-image-cloud-${architecture}`;
  return fromDebian(
    kernel,
    folder,
    async (apt) => {
      const depends = await apt.run('apt-cache', 'depends', '-i', '--recurse', newest);
      const release = releaseIn(depends, architecture);
      if (release === undefined) throw new Error(`${apt.archive} has no cloud kernel in ${suite}`);
      return { release, packages: await apt.download(packagesIn(depends, release)) };
    },
    from,
  );
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
    const copy = join(into, 'modules', `${String(i).padStart(2, '0')}-${basename(file)}`);
    copyFileSync(join(unpacked, file), copy);
    if (copy.endsWith('.xz')) await run('xz', ['-d', copy]);
  }
  writeFileSync(join(into, 'release'), `${release}\n`);
}

function read(folder: string): KernelFiles {
  const modules = readdirSync(join(folder, 'modules')).sort();
  return {
    release: readFileSync(join(folder, 'release'), 'utf8').trim(),
    image: join(folder, 'vmlinuz'),
    modules: modules.map((name) => join(folder, 'modules', name)),
  };
}

/** The folder of a kernel. */
export function folderOf({ series, architecture }: Kernel, cache = cacheFolder()): string {
  return join(cache, 'kernels', architecture, nameWith(series, MODULES));
}

/** The files of a kernel, which are got where the cache has none. Throws UnavailableError. */
export async function obtain(
  kernel: Kernel,
  { cache, from }: { cache?: string; from?: readonly string[] } = {},
): Promise<KernelFiles> {
  const folder = folderOf(kernel, cache);
  await keep(folder, async (fresh, work) => {
    const { release, packages } = await download(kernel, work, from);
    for (const file of packages) await run('dpkg-deb', ['-x', file, join(work, 'unpacked')]);
    await pick(join(work, 'unpacked'), release, fresh);
  });
  return read(folder);
}
