import { readFileSync, realpathSync } from 'node:fs';

const TABLE = '/proc/self/mounts';

/** What is mounted where, by proc(5), in the order in which it was mounted. */
function* mounts(table: string): Generator<{ type: string; where: string }> {
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, where, type] = line.split(' ');
    if (where === undefined || type === undefined) continue;
    // Blanks and backslashes in a path are written in octal there.
    const path = where.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
    yield { type, where: path };
  }
}

/** Where filesystems of this type are mounted. */
export function mountPoints(type: string, table = TABLE): string[] {
  return [...mounts(table)].filter((mount) => mount.type === type).map(({ where }) => where);
}

/** Where a filesystem of this type is mounted; the first place of several, undefined for none. */
export function mountPoint(type: string, table = TABLE): string | undefined {
  return mountPoints(type, table)[0];
}

/** The type of the filesystem that a file is on; undefined where there is no such file. */
export function mountTypeOf(path: string, table = TABLE): string | undefined {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return undefined;
  }
  let found: { type: string; where: string } | undefined;
  for (const mount of mounts(table)) {
    const isAbove = mount.where === '/' || real === mount.where || real.startsWith(`${mount.where}/`);
    // Of two in one place the later one hides the other.
    if (isAbove && mount.where.length >= (found?.where.length ?? 0)) found = mount;
  }
  return found?.type;
}
