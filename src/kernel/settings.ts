/** Settings of the kernel that decide what may be traced. Each is undefined where it can't be found out. */
import { readFileSync } from 'node:fs';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Documentation/admin-guide/sysctl: `name` as sysctl(8) has it. Not all can be read by an ordinary user. */
export function sysctl(name: string): string | undefined {
  return read(`/proc/sys/${name.replaceAll('.', '/')}`);
}

/** What the kernel forbids even to root: kernel_lockdown(7). `none` also where it has no such thing. */
export function lockdown(securityfs: string | undefined): string | undefined {
  if (securityfs === undefined) return undefined;
  const modes = read(`${securityfs}/lockdown`);
  if (modes === undefined) return read(`${securityfs}/lsm`)?.includes('lockdown') ? undefined : 'none';
  return /\[(\w+)\]/.exec(modes)?.[1];
}

/** Bytes that this process may lock, by proc(5); Infinity for any number. */
export function memlockLimit(limits = read('/proc/self/limits')): number | undefined {
  const [, soft] = /^Max locked memory\s+(\S+)/m.exec(limits ?? '') ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
