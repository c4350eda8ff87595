import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Fields of proc_pid_stat(5) from the third on; undefined if the process has ended or is not visible. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in parentheses, may itself contain blanks and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The parent of a process; undefined if it has ended. */
export function parentOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && Number(stat[1]);
}

/** Whether a process or thread is alive. A zombie is not. */
export function isThere(id: number): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // After the end of the first thread, others of the process may still run.
  const [state] = statOf(id) ?? [];
  return state !== 'X' && (state !== 'Z' || hasOtherThreads(id));
}

function hasOtherThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/** Distinguishes a process or thread from a later one with the same ID. */
export interface Identity {
  /** Start time in ticks of the kernel. */
  readonly birth: string;
  /** The process of a thread; the same ID for a process. */
  readonly process: number;
}

export function identityOf(id: number): Identity | undefined {
  const birth = statOf(id)?.[19];
  try {
    const [, process = ''] = /^Tgid:\t(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, 'latin1')) ?? [];
    return birth === undefined ? undefined : { birth, process: Number(process) };
  } catch {
    return undefined;
  }
}

/** Current descendants of `roots`, without the roots. */
export function descendantsOf(roots: readonly number[]): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : undefined;
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const children = new Map<number, number[]>();
  for (const [pid, parent] of parents) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  const found = new Set(roots);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  for (const root of roots) found.delete(root);
  return [...found];
}

/**
 * The ID of a process's namespace, such as 4026531841: namespaces(7). Throws if the process has ended or is not
 * accessible.
 */
export function namespaceOf(pid: number | 'self', kind: 'mnt' | 'net' | 'pid' | 'user'): number {
  return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[1]);
}

/** ID of the initial pid namespace: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
export const FIRST_PID_NAMESPACE = 0xeffffffc;
/** ID of the initial user namespace: PROC_USER_INIT_INO. */
export const FIRST_USER_NAMESPACE = 0xeffffffd;
