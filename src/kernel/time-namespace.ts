import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The id of the time namespace that the machine began with: PROC_TIME_INIT_INO of include/linux/proc_ns.h. */
const FIRST = 'time:[4026531834]';

/** The namespace behind a link of proc_pid_ns(5); undefined where there is none, or it is not ours to see. */
function linkOf(proc: string, pid: string, kind: 'time' | 'time_for_children'): string | undefined {
  try {
    return readlinkSync(`${proc}/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** What `/proc/PID/timens_offsets` says of CLOCK_BOOTTIME, in nanoseconds. */
function offsetOf(proc: string, pid: string): bigint {
  const offsets = readFileSync(`${proc}/${pid}/timens_offsets`, 'utf8');
  const [, seconds = '0', nanoseconds = '0'] = /^boottime\s+(-?\d+)\s+(\d+)$/m.exec(offsets) ?? [];
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

/**
 * By how many nanoseconds CLOCK_BOOTTIME is ahead of the kernel's in the time namespace of this process. A process's file
 * tells of the namespace that its children will be in, which is another one between its unshare(2) and the next fork or,
 * since Linux 6.0, exec: then one is asked whose children are to be in ours.
 */
export function bootTimeAhead(proc = '/proc'): bigint {
  const ours = linkOf(proc, 'self', 'time');
  if (ours === undefined || ours === FIRST) return 0n;
  const others = () => readdirSync(proc).filter((name) => /^\d+$/.test(name));
  const isTold = (pid: string) => linkOf(proc, pid, 'time_for_children') === ours;
  const pid = isTold('self') ? 'self' : others().find(isTold);
  return pid === undefined ? 0n : offsetOf(proc, pid);
}
