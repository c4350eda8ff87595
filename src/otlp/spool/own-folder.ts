import type { Stats } from 'node:fs';
import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const WRITE_OF_GROUP_AND_OTHERS = 0o022;
const WRITE_OF_OTHERS = 0o002;
const STICKY = 0o1000;

const isStrangers = ({ uid }: Stats) => uid !== 0 && uid !== process.geteuid?.();
const isOpen = ({ mode }: Stats) => (mode & WRITE_OF_OTHERS) !== 0 && (mode & STICKY) === 0;

/** Paths of all parent folders from the root, and the path itself. */
function pathsTo(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [...pathsTo(above), path];
}

const remedy = 'use a folder that only you can write to, such as one below /var/lib';

/** Throws if the folder or one of its parents can be changed by users other than us and root. */
async function check(directory: string): Promise<void> {
  for (const path of pathsTo(directory)) {
    const status = await lstat(path);
    if (status.isSymbolicLink() && isStrangers(status))
      throw new Error(`${path} is a symbolic link of another user (uid ${status.uid}): ${remedy}`);
  }
  for (const path of pathsTo(await realpath(directory))) {
    const status = await lstat(path);
    if (isStrangers(status)) throw new Error(`${path} belongs to another user (uid ${status.uid}): ${remedy}`);
    if (isOpen(status)) throw tooOpen(path, status);
  }
}

function tooOpen(path: string, { mode }: Stats): Error {
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  // A sticky folder, such as /tmp, is meant for all.
  const change = (mode & STICKY) === 0 ? `chmod go-w ${path}, or ` : '';
  return new Error(`others can write to ${path} (mode ${shown}): ${change}${remedy}`);
}

/** The deepest existing folder of a path. */
async function existing(path: string): Promise<string> {
  try {
    await lstat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return existing(dirname(path));
  }
}

/**
 * Creates a folder if it is missing. Throws if others can write to it, replace it, or redirect it by a link: they could
 * choose which data are sent and where files are written.
 */
export async function ownFolder(directory: string): Promise<void> {
  const path = resolve(directory);
  await check(await existing(path));
  await mkdir(path, { recursive: true, mode: 0o700 });
  await check(path);
  const status = await stat(path);
  if ((status.mode & WRITE_OF_GROUP_AND_OTHERS) !== 0) throw tooOpen(path, status);
}
