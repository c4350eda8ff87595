import { getPriority, setPriority } from 'node:os';

/** Enough to have a turn before a busy machine's other programs, not enough to keep them from theirs. */
const RAISED = -5;

let isRaised = false;

/**
 * On a machine whose cores are all busy a tracer that waits for its turn starts late, and loses events when the ring
 * runs full: where it may (CAP_SYS_NICE), and nobody has given it another priority, it goes before others. What it does
 * is little: a microsecond or two for each event.
 */
export function raisePriority(): void {
  try {
    if (getPriority() !== 0) return;
    setPriority(RAISED);
    isRaised = true;
  } catch {
    // Without the right to do so it waits like everybody.
  }
}

/** Gives a process that we have started the priority that it would have without us. */
export function restorePriority(pid: number): void {
  if (!isRaised) return;
  try {
    setPriority(pid, 0);
  } catch {
    // It has ended.
  }
}
