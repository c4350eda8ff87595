import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { mountPoint, mountPoints, mountTypeOf } from '../kernel/mounts.js';
import { namespaceOf } from '../kernel/processes.js';
import { NameDatabase } from '../kernel/users.js';
import { wrongValue } from '../mistake.js';
import { HOOK_KINDS, type HookKind } from './hook-point.js';
import { LONGEST_TIMER_MS } from './timer.js';

const MAX_U32 = 0xffffffff;

/** An integer from `min` to `max`. Throws UsageError that names the flag. */
export function parseInteger(flag: string, text: string, min = 0, max = MAX_U32): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw wrongValue(flag, text, `expected an integer from ${min} to ${max}`);
  return value;
}

/** Numbers, in repeated flags or comma-separated. */
export function parseIntegers(flag: string, texts: readonly string[] = [], min = 1, max = MAX_U32): number[] {
  return texts.flatMap((text) => text.split(',')).map((text) => parseInteger(flag, text.trim(), min, max));
}

/** User ids, by number or name. */
export function parseUsers(
  flag: string,
  texts: readonly string[] = [],
  users: Pick<NameDatabase, 'id'> = new NameDatabase('passwd'),
): number[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      if (/^\d+$/.test(text)) return parseInteger(flag, text);
      const uid = users.id(text);
      if (uid === undefined) throw wrongValue(flag, text, 'no such user');
      return uid;
    });
}

/** Namespace ids: a number as `lsns` and /proc/PID/ns show it, or `pid:N` for that of a process. */
export function parseNamespaces(flag: string, kind: 'mnt' | 'net', texts: readonly string[] = []): number[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const [, pid] = /^pid:(\d+)$/.exec(text) ?? [];
      if (pid === undefined) return parseInteger(flag, text, 1);
      try {
        return namespaceOf(Number(pid), kind);
      } catch (cause) {
        const gone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
        throw wrongValue(flag, text, gone ? 'no such process' : 'no permission to inspect this process', {
          cause,
        });
      }
    });
}

/** The lengths of filter_comms, of one in it without its NUL, and of filter_cgroups: src/trace/features/filter/filter.h. */
export const COMMS_MAX = 8;
export const COMM_MAX = 15;
export const CGROUPS_MAX = 16;

/** Substrings of process or thread names, which the kernel truncates to 15 bytes. */
export function parseComms(flag: string, texts: readonly string[] = [], most = COMMS_MAX): string[] {
  if (texts.length > most) throw new UsageError(`${flag}: ${texts.length} values, at most ${most} are allowed`);
  for (const text of texts) {
    if (text === '' || Buffer.byteLength(text) > COMM_MAX) {
      throw wrongValue(flag, text, `expected 1 to ${COMM_MAX} bytes; the kernel truncates names to ${COMM_MAX} bytes`);
    }
  }
  return [...texts];
}

/** Why a path is not a cgroup v2 directory, as precisely as possible. */
function whyNoCgroup(text: string, path: string, root: string): string {
  const candidates = [text, path].filter((candidate) => candidate.startsWith('/'));
  for (const candidate of candidates)
    if (mountTypeOf(candidate) === 'cgroup')
      return `${candidate} is a cgroup v1 path: give the cgroup v2 path, below ${root}`;
  if (existsSync(path)) return `${path} is not a cgroup directory`;
  const v1 = v1Folder(text);
  return v1 === undefined ? `no cgroup ${path}` : `no cgroup ${path}, only the cgroup v1 path ${v1}`;
}

/** The directory of a cgroup v1, given as a path below its controller, as in /proc/PID/cgroup. */
function v1Folder(text: string): string | undefined {
  return mountPoints('cgroup')
    .map((mount) => join(mount, text))
    .find((folder) => existsSync(join(folder, 'cgroup.procs')));
}

/** Directories of cgroup v2, given as a path in its tree or in the file system. */
export function parseCgroups(flag: string, texts: readonly string[] = [], most = CGROUPS_MAX): string[] {
  if (texts.length > most) throw new UsageError(`${flag}: ${texts.length} values, at most ${most} are allowed`);
  if (texts.length === 0) return [];
  if (texts.includes('')) throw new UsageError(`${flag}: expected the path of a cgroup; / matches all of them`);
  const root = mountPoint('cgroup2');
  if (root === undefined) {
    const hint = mountPoint('cgroup') === undefined ? '' : ', only cgroup v1, which is not supported';
    throw new UsageError(`${flag}: no cgroup2 file system is mounted${hint}`);
  }
  return texts.map((text) => {
    const path = text === root || text.startsWith(`${root}/`) ? text : join(root, text);
    try {
      if (mountTypeOf(path) === 'cgroup2' && readdirSync(path).includes('cgroup.procs')) return path;
    } catch {
      // Reported below.
    }
    throw wrongValue(flag, text, whyNoCgroup(text, path, root));
  });
}

/** Kinds of hooks, in repeated flags or comma-separated; undefined if none is given. */
export function parseHooks(flag: string, texts: readonly string[] = []): ReadonlySet<HookKind> | undefined {
  const kinds = texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      const kind = HOOK_KINDS.find((known) => known === text.trim());
      if (kind === undefined) throw wrongValue(flag, text, `unknown kind; kinds: ${HOOK_KINDS.join(', ')}`);
      return kind;
    });
  return kinds.length > 0 ? new Set(kinds) : undefined;
}

const SIZE_UNITS: Record<string, number> = { '': 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };
const PAGE = 4096;

/** A number of bytes such as `8M`; undefined if invalid. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SIZE_UNITS[unit?.toLowerCase() ?? ''] ?? 1);
}

/** A number of bytes from 1 to `most`, a multiple of 1 KiB. */
export function parseBytes(flag: string, text: string, most: number): number {
  const bytes = bytesOf(text) ?? 0;
  if (!(bytes >= 1 && bytes <= most))
    throw wrongValue(flag, text, `expected a size from 1 to ${most >> 10}K, such as 4K`);
  return bytes;
}

/** A file size limit, such as `100M`. */
export function parseFileSize(flag: string, text: string): number {
  const bytes = bytesOf(text) ?? 0;
  if (!(bytes >= 1024 && Number.isSafeInteger(bytes)))
    throw wrongValue(flag, text, 'expected a size of at least 1K, such as 100M');
  return bytes;
}

/** A ring buffer size, such as `8M`: rounded up to a power of two and at least a page, as the kernel requires. */
export function parseSize(flag: string, text: string): number {
  const bytes = bytesOf(text) ?? 0;
  if (!(bytes >= 1 && bytes <= 1 << 30)) throw wrongValue(flag, text, 'expected a size from 4K to 1G, such as 8M');
  return Math.max(PAGE, 2 ** Math.ceil(Math.log2(bytes)));
}

const TIME_UNITS = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000 } as const;
/** Ten years. */
export const LONGEST_RUN_MS = 87_600 * 3_600_000;

/** A duration in milliseconds: `5` seconds, `500ms`, `2m`, `1h`. */
export function parseDuration(flag: string, text: string, most = LONGEST_TIMER_MS): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * TIME_UNITS[(unit ?? '') as keyof typeof TIME_UNITS];
  if (!(ms > 0 && ms <= most)) {
    const hours = Math.floor(most / TIME_UNITS.h);
    throw wrongValue(flag, text, `expected a time such as 5, 500ms, 2m or 1h, at most ${hours}h`);
  }
  return ms;
}
