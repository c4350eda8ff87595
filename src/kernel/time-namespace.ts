import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** ID of the initial time namespace: PROC_TIME_INIT_INO of include/linux/proc_ns.h. */
const FIRST = 'time:[4026531834]';

/** The namespace of a link of proc_pid_ns(5); undefined if it does not exist or is not accessible. */
function linkOf(proc: string, pid: string, kind: 'time' | 'time_for_children'): string | undefined {
  try {
    return readlinkSync(`${proc}/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Offset of CLOCK_BOOTTIME in `/proc/PID/timens_offsets`, in nanoseconds. */
function offsetOf(proc: string, pid: string): bigint {
  const offsets = readFileSync(`${proc}/${pid}/timens_offsets`, 'utf8');
  const [, seconds = '0', nanoseconds = '0'] = /^boottime\s+(-?\d+)\s+(\d+)$/m.exec(offsets) ?? [];
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

/**
 * Nanoseconds by which CLOCK_BOOTTIME in the time namespace of this process is ahead of the kernel's. A process's file
 * contains the offsets for its future children, whose namespace differs between unshare(2) and the next fork or, since
 * Linux 6.0, exec. In that case, the file of another process is read, whose children will be in our namespace.
 */
export function bootTimeAhead(proc = '/proc'): bigint {
  const ours = linkOf(proc, 'self', 'time');
  if (ours === undefined || ours === FIRST) return 0n;
  const others = () => readdirSync(proc).filter((name) => /^\d+$/.test(name));
  const hasOurOffsets = (pid: string) => linkOf(proc, pid, 'time_for_children') === ours;
  const pid = hasOurOffsets('self') ? 'self' : others().find(hasOurOffsets);
  return pid === undefined ? 0n : offsetOf(proc, pid);
}
