import { readFileSync } from 'node:fs';

/** Where a filesystem of this type is mounted, by proc(5); the first place of several, undefined for none. */
export function mountPoint(type: string, table = '/proc/self/mounts'): string | undefined {
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, where, fstype] = line.split(' ');
    // Blanks and backslashes in a path are written in octal there.
    if (fstype === type) return where?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
  }
  return undefined;
}
