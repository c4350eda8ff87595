/** Unpacked packages of another architecture. None of them is installed: no script of a package runs. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromDebian, run } from './apt.js';
import { cacheFolder, keep, nameWith } from './kept.js';

async function unpack(packages: readonly string[], into: string): Promise<void> {
  for (const file of packages) await run('dpkg-deb', ['-x', file, into]);
}

/** The folder of a tree: another one when other packages are requested. */
function placeOf(kind: string, architecture: string, names: readonly string[]): string {
  return join(cacheFolder(), kind, nameWith(architecture, names));
}

const LIBRARIES = ['libbpf1', 'libbpf-dev', 'libuv1-dev'];

/**
 * Packages that the addon is compiled and linked with, beside the cross compiler's C library: those of the oldest Debian
 * with a sufficient libbpf, since the result runs with all newer ones.
 */
export async function obtainSysroot(architecture: string): Promise<string> {
  const folder = placeOf('sysroots', architecture, LIBRARIES);
  await keep(folder, async (fresh, work) => {
    const release = { suite: 'bookworm', architecture };
    await unpack(await fromDebian(release, work, (apt) => apt.download(LIBRARIES)), fresh);
  });
  return folder;
}

const NEWER_LIBBPF = ['libbpf1', 'libbpf-dev'];

/** libbpf 1.5, for the code that is compiled with a newer libbpf than Debian 12 has. */
export async function obtainNewerLibbpf(architecture: string): Promise<string> {
  const folder = placeOf('libbpf', architecture, NEWER_LIBBPF);
  await keep(folder, async (fresh, work) => {
    const release = { suite: 'trixie', architecture };
    await unpack(await fromDebian(release, work, (apt) => apt.download(NEWER_LIBBPF)), fresh);
  });
  return folder;
}

const DEFINITIONS = ['opentelemetry-proto'];

/** The folder with OpenTelemetry's own definitions, of the first Debian that has them. */
export async function obtainDefinitions(): Promise<string> {
  const folder = placeOf('definitions', 'all', DEFINITIONS);
  await keep(folder, async (fresh, work) => {
    const release = { suite: 'trixie', architecture: 'amd64' };
    await unpack(await fromDebian(release, work, (apt) => apt.download(DEFINITIONS)), fresh);
  });
  return join(folder, 'usr', 'include');
}

/** The programs that the tests need, and those that every Debian has. */
const PROGRAMS = [
  ...['base-files', 'base-passwd', 'bash', 'bsdutils', 'coreutils', 'dash', 'findutils', 'grep', 'gzip', 'hostname'],
  ...['libc-bin', 'mawk', 'mount', 'netbase', 'procps', 'sed', 'tar', 'tzdata', 'util-linux'],
  ...['binutils', 'bpftool', 'busybox-static', 'iproute2', 'jq', 'libbpf1', 'libcap2-bin', 'make', 'nodejs'],
  ...['perl-base', 'strace'],
];

/** Folders of a root that packages leave to others, and those where a guest mounts what it gets from its host. */
const FOLDERS = ['dev', 'proc', 'root', 'run', 'snoopkit', 'suite', 'sys', 'tmp'];

/** The root of a Debian, in which nothing but the kernel is missing. */
export async function obtainRoot(architecture: string): Promise<string> {
  const folder = placeOf('roots', architecture, PROGRAMS);
  await keep(folder, async (fresh, work) => {
    // Where packages may still have files in /lib, that is a link before they come.
    for (const name of ['bin', 'lib', 'sbin']) {
      mkdirSync(join(fresh, 'usr', name), { recursive: true });
      symlinkSync(`usr/${name}`, join(fresh, name));
    }
    const release = { suite: 'trixie', architecture };
    await unpack(await fromDebian(release, work, (apt) => apt.downloadClosure(PROGRAMS)), fresh);
    for (const name of FOLDERS) mkdirSync(join(fresh, name), { recursive: true });
    // The rest is what scripts of packages do.
    for (const name of ['passwd', 'group'])
      copyFileSync(join(fresh, 'usr/share/base-passwd', `${name}.master`), join(fresh, 'etc', name));
    symlinkSync('mawk', join(fresh, 'usr/bin/awk'));
    writeFileSync(join(fresh, 'etc/hostname'), 'guest\n');
  });
  return folder;
}
