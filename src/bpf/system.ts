import { loadBinding } from '../native/load.js';

export { AddonError, launcherPath } from '../native/load.js';

/** Nanoseconds to add to the time of an event, CLOCK_BOOTTIME, to get the time of day: as it is now. */
export function bootToRealtime(): bigint {
  return loadBinding().bootToRealtime();
}

/** Now, on CLOCK_BOOTTIME: nanoseconds, exact to some microseconds. */
export function bootTime(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)) - bootToRealtime();
}

/** Creates a thread, which ends at once: for programs that see new tasks. Nothing happens where there can be no more. */
export function createThread(): void {
  loadBinding().createThread();
}

/** Whether nobody can read any more what is written to a pipe or socket. */
export function isPeerGone(fd: number): boolean {
  return loadBinding().isPeerGone(fd);
}

/** Ends the process at once, where process.exit() would wait for a write that never ends. */
export function exitNow(status: number): void {
  loadBinding().exitNow(status);
}

/** The version of the libbpf in use. */
export function libbpfVersion(): string {
  return loadBinding().libbpfVersion();
}

/** How many CPUs there may ever be: the numbers of CPUs are below it. */
export function possibleCpus(): number {
  return loadBinding().possibleCpus();
}
