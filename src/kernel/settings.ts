/** Kernel settings that limit tracing. Each is undefined if it can't be read. */
import { readFileSync } from 'node:fs';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** A kernel setting by its name in sysctl(8): Documentation/admin-guide/sysctl. Some are readable by root only. */
export function sysctl(name: string): string | undefined {
  return read(`/proc/sys/${name.replaceAll('.', '/')}`);
}

/** Restrictions that apply even to root: kernel_lockdown(7). `none` also if the kernel has no lockdown. */
export function lockdown(securityfs: string | undefined): string | undefined {
  if (securityfs === undefined) return undefined;
  const modes = read(`${securityfs}/lockdown`);
  if (modes === undefined) return read(`${securityfs}/lsm`)?.includes('lockdown') ? undefined : 'none';
  return /\[(\w+)\]/.exec(modes)?.[1];
}

/** Bytes that this process may lock, by proc(5); Infinity without a limit. */
export function memlockLimit(limits = read('/proc/self/limits')): number | undefined {
  const [, soft] = /^Max locked memory\s+(\S+)/m.exec(limits ?? '') ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
