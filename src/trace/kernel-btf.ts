import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Btf, BtfError, readBtfBytes } from '../btf/index.js';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { visible } from '../mistake.js';

/** BTF of a kernel takes 5 to 15 MB. */
const LARGEST_BTF = 64 << 20;
/** vmlinux with debug information takes several 100 MB. */
const LARGEST_ELF = 2 ** 31 - 1;
const ELF_MAGIC = '\x7fELF';

export interface Distribution {
  readonly kernel: string;
  /** ID and VERSION_ID of os-release(5). */
  readonly id: string;
  readonly version: string;
  /** As uname(2) has it on x86-64, and as Debian has it elsewhere. */
  readonly arch: string;
}

function thisDistribution(file = '/etc/os-release'): Distribution {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const arch = process.arch === 'x64' ? 'x86_64' : process.arch;
  return { kernel: release(), id: value('ID'), version: value('VERSION_ID'), arch };
}

const wrongFile = (path: string, why: string, options?: ErrorOptions) =>
  new SnoopkitError('KERNEL_BTF', `${visible(path)}: ${why}`, options);

/** Reads a regular file: a device may have no end, and a FIFO no writer. */
function readFile(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw wrongFile(path, 'not a regular file');
    const magic = Buffer.alloc(ELF_MAGIC.length);
    readSync(fd, magic, 0, magic.length, 0);
    const largest = magic.toString('latin1') === ELF_MAGIC ? LARGEST_ELF : LARGEST_BTF;
    if (stats.size > largest) throw wrongFile(path, `too large: ${stats.size} bytes, at most ${largest} are expected`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Files unpacked by this process: each run would open another one. */
const UNPACKED = new Map<string, string>();

/** The file that an archive contains, which disappears with this process. */
function unpackedOnce(file: string): string {
  const stats = statSync(file);
  if (!stats.isFile()) throw wrongFile(file, 'not a regular file');
  const key = [stats.dev, stats.ino, stats.size, stats.mtimeMs].join();
  const path = UNPACKED.get(key) ?? unpack(file);
  UNPACKED.set(key, path);
  return path;
}

/** Unpacks a file of an archive to a temporary file that disappears with this process. */
function unpack(file: string): string {
  const { status, stdout, stderr, error } = spawnSync('tar', ['-xJOf', file], { maxBuffer: LARGEST_BTF });
  if (status !== 0) {
    const why = error?.message ?? stderr.toString().split('\n')[0];
    throw wrongFile(file, `cannot unpack it: ${why}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-btf-'));
  try {
    writeFileSync(join(folder, 'btf'), stdout, { mode: 0o600 });
    return `/proc/self/fd/${openSync(join(folder, 'btf'), 'r')}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The running kernel's file in an archive: RELEASE.btf, at its top or at BTFHub's location, packed or not. */
function findIn(folder: string, { kernel, id, version, arch }: Distribution): string {
  const places = [`${kernel}.btf`, join(id, version, arch, `${kernel}.btf`)];
  for (const place of places) {
    const file = join(folder, place);
    if (existsSync(file)) return file;
    if (existsSync(`${file}.tar.xz`)) return unpackedOnce(`${file}.tar.xz`);
  }
  throw wrongFile(folder, `no BTF of this kernel: expected ${places.join(' or ')}[.tar.xz]`);
}

/**
 * A file of BTF to relocate against: the path itself, or the file of the running kernel in a folder for many kernels.
 * Throws SnoopkitError (`ERR_SNOOPKIT_KERNEL_BTF`) if there is none or it is not BTF.
 */
export function kernelBtf(path: string, distribution = thisDistribution()): string {
  try {
    const file = statSync(path).isDirectory() ? findIn(path, distribution) : path;
    Btf.parse(readBtfBytes(readFile(file)));
    return file;
  } catch (cause) {
    if (cause instanceof SnoopkitError && !(cause instanceof BtfError)) throw cause;
    const { message, errno } = cause as NodeJS.ErrnoException;
    throw wrongFile(path, errno === undefined ? message : errnoText(-errno), { cause });
  }
}
