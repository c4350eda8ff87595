import { existsSync, readFileSync } from 'node:fs';
import { mountPoint } from '../kernel/mounts.js';
import { loadBinding } from '../native/load.js';
import { refused, UnsupportedError } from './errors.js';

/**
 * The id of a tracepoint for perf_event_open(2); undefined if the kernel has no such tracepoint. If tracefs is not mounted,
 * as in many containers, opens one that is visible to this process only (fsopen(2), kernel 5.2). Throws PrivilegeError or
 * BpfError if tracefs can't be read, and UnsupportedError without /proc.
 */
export function tracepointId(category: string, name: string): number | undefined {
  // Another path than that of a tracepoint.
  if (category.includes('/') || name.includes('/')) return undefined;
  const mounted = mountPoint('tracefs');
  if (mounted !== undefined) return readId(mounted, category, name);
  if (!existsSync('/proc/self/fd'))
    throw new UnsupportedError('tracefs is not found without /proc: mount it with mount -t proc proc /proc');
  const fd = loadBinding().openTracefs();
  if (fd < 0) {
    const advice = 'tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing) and cannot be opened';
    throw refused(advice, -fd, ['CAP_SYS_ADMIN']);
  }
  try {
    return readId(`/proc/self/fd/${fd}`, category, name);
  } finally {
    loadBinding().closeFd(fd);
  }
}

function readId(tracefs: string, category: string, name: string): number | undefined {
  const file = `${tracefs}/events/${category}/${name}/id`;
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (cause) {
    const { code, errno } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw refused(`cannot read ${file}`, -(errno ?? 0), ['CAP_DAC_READ_SEARCH']);
  }
}
