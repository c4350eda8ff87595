import { bootTimeAhead } from '../kernel/time-namespace.js';
import { loadBinding } from '../native/load.js';

export { AddonError, launcherPath } from '../native/load.js';

/** Of this process, for good. */
let ahead: bigint | undefined;
const boottimeAhead = () => {
  ahead ??= bootTimeAhead();
  return ahead;
};

/** The difference of two clocks, and how far it may be off: nanoseconds. */
export interface ClockReading {
  readonly offset: bigint;
  readonly error: number;
}

/** Nanoseconds to add to the time of an event, the kernel's CLOCK_BOOTTIME, to get the time of day: as it is now. */
export function bootToRealtime(): ClockReading {
  const { offset, error } = loadBinding().bootToRealtime();
  return { offset: offset + boottimeAhead(), error };
}

/** Now, on the kernel's CLOCK_BOOTTIME, in nanoseconds: what events have, in whatever time namespace this process is. */
export function bootTime(): bigint {
  return loadBinding().bootTime() - boottimeAhead();
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
