import { bootTimeAhead } from '../kernel/time-namespace.js';
import { loadBinding } from '../native/load.js';
import { checkInteger } from './arguments.js';
import { check } from './errors.js';

export { AddonError, launcherPath } from '../native/load.js';

/** Constant for this process. */
let ahead: bigint | undefined;
const boottimeAhead = () => {
  ahead ??= bootTimeAhead();
  return ahead;
};

/** The difference of two clocks, and its largest possible error, in nanoseconds. */
export interface ClockReading {
  readonly offset: bigint;
  readonly error: number;
}

/** Current difference of the time of day and the kernel's CLOCK_BOOTTIME, which is the time of events. */
export function bootToRealtime(): ClockReading {
  const { offset, error } = loadBinding().bootToRealtime();
  return { offset: offset + boottimeAhead(), error };
}

/** The kernel's CLOCK_BOOTTIME in nanoseconds, as events have it, independent of this process's time namespace. */
export function bootTime(): bigint {
  return loadBinding().bootTime() - boottimeAhead();
}

/** Creates a thread that ends at once, for programs that observe new tasks. Does nothing if the limit of threads is reached. */
export function createThread(): void {
  loadBinding().createThread();
}

/**
 * A pidfd of a process, the key of a task storage: pidfd_open(2), kernel 5.3. The caller closes it. Throws BpfError, with
 * `errno` `ESRCH` if there is no such process, and UsageError.
 */
export function openPidfd(pid: number): number {
  checkInteger('pid', pid, 1, 2 ** 31 - 1);
  return check(loadBinding().openPidfd(pid), `cannot open a pidfd of ${pid}`);
}

/** Whether the other end of a pipe or socket is closed. */
export function isPeerGone(fd: number): boolean {
  return loadBinding().isPeerGone(fd);
}

/** Ends the process at once; process.exit() waits for writes, which may never end. */
export function exitNow(status: number): void {
  loadBinding().exitNow(status);
}

/** The version of libbpf: `1.5`. Throws AddonError. */
export function libbpfVersion(): string {
  return loadBinding().libbpfVersion();
}

/** Number of possible CPUs: one more than the largest CPU number. */
export function possibleCpus(): number {
  return loadBinding().possibleCpus();
}
