import { existsSync, readFileSync, realpathSync } from 'node:fs';

const TABLE = '/proc/self/mounts';

/** Mount points by proc(5), in the order of mounting. Without /proc none are known. */
function* mounts(table: string): Generator<{ type: string; where: string }> {
  if (!existsSync(table)) return;
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, where, type] = line.split(' ');
    if (where === undefined || type === undefined) continue;
    // Blanks and backslashes in paths are octal escapes.
    const path = where.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
    yield { type, where: path };
  }
}

/** Mount points of a type of filesystem. */
export function mountPoints(type: string, table = TABLE): string[] {
  return [...mounts(table)].filter((mount) => mount.type === type).map(({ where }) => where);
}

/** The first mount point of a type of filesystem; undefined if there is none. */
export function mountPoint(type: string, table = TABLE): string | undefined {
  return mountPoints(type, table)[0];
}

/** Type of the filesystem that contains a file; undefined if the file does not exist. */
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
    // The later mount hides an earlier one in the same place.
    if (isAbove && mount.where.length >= (found?.where.length ?? 0)) found = mount;
  }
  return found?.type;
}
