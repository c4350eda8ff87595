import { getPriority, setPriority } from 'node:os';

/** Enough to be scheduled first on a busy machine, not enough to starve other programs. */
const RAISED = -5;

let isRaised = false;

/**
 * On a machine with all cores busy a tracer is scheduled late, and loses events when the ring
 * is full: with CAP_SYS_NICE, and unless its priority was changed, it raises its own. Its work
 * is small: a microsecond or two per event.
 */
export function raisePriority(): void {
  try {
    if (getPriority() !== 0) return;
    setPriority(RAISED);
    isRaised = true;
  } catch {
    // Not permitted: keep the default priority.
  }
}

/** Restores the default priority of a process that we have started. */
export function restorePriority(pid: number): void {
  if (!isRaised) return;
  try {
    setPriority(pid, 0);
  } catch {
    // It has ended.
  }
}
