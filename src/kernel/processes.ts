import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The parent of a process, by proc_pid_stat(5); undefined when it is gone. */
export function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in parentheses, may itself contain blanks and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** The processes below `roots` at this moment, the roots not among them. */
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

/** The id of one of a process's namespaces, such as 4026531841: namespaces(7). Throws when the process is gone or not ours to see. */
export function namespaceOf(pid: number | 'self', kind: 'mnt' | 'net' | 'pid'): number {
  return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[1]);
}

/** The id of the pid namespace that the machine began with: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
export const FIRST_PID_NAMESPACE = 0xeffffffc;
