import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Gives files that would belong to root to the user who ran this with sudo. */
function giveBack(path: string): void {
  const { SUDO_UID, SUDO_GID } = process.env;
  if (SUDO_UID !== undefined && SUDO_GID !== undefined) chownSync(path, Number(SUDO_UID), Number(SUDO_GID));
}

/** Writes a file, and creates its folder if missing. */
export function writeText(file: string, text: string): void {
  const folder = dirname(file);
  const made = mkdirSync(folder, { recursive: true });
  if (made !== undefined) giveBack(folder);
  writeFileSync(file, text);
  giveBack(file);
}
