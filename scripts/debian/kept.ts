/** Folders that are made once and kept: from then on no network is needed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snoopkit');
}

/** The name of a folder that is another one when other things are wanted in it. */
export function nameWith(name: string, wanted: readonly string[]): string {
  return `${name}-${createHash('sha256').update(wanted.join(' ')).digest('hex').slice(0, 8)}`;
}

/** Makes a folder unless it is there. `make` fills it, and has another folder to work in. */
export async function keep(folder: string, make: (fresh: string, work: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'snoopkit-packages-'));
  // Beside its place, so that half of it is never found there.
  const fresh = mkdtempSync(join(dirname(folder), `new-${basename(folder)}-`));
  try {
    await make(fresh, work);
    // Another run may have been quicker.
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    for (const left of [work, fresh]) rmSync(left, { recursive: true, force: true });
  }
}
