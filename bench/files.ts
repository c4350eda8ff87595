import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes over to the person who asked sudo for this run what would else be root's, and in their way. */
function giveBack(path: string): void {
  const { SUDO_UID, SUDO_GID } = process.env;
  if (SUDO_UID !== undefined && SUDO_GID !== undefined) chownSync(path, Number(SUDO_UID), Number(SUDO_GID));
}

/** Writes a file, and makes its folder where that is missing. */
export function writeText(file: string, text: string): void {
  const folder = dirname(file);
  const made = mkdirSync(folder, { recursive: true });
  if (made !== undefined) giveBack(folder);
  writeFileSync(file, text);
  giveBack(file);
}
