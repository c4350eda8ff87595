import type { EventColumns } from './tool-types.js';

/** Descriptions of the columns of struct event (bpf/include/event.h), which every tool has. */
export const SHARED_FIELDS = {
  time: 'time of the event, taken by the kernel: RFC 3339 in UTC with nanoseconds in JSON, as --time selects in a table',
  pid: 'process (thread group) that caused the event',
  tid: 'thread that caused the event',
  ppid: 'parent of the process',
  uid: 'real user id of the process',
  user: 'name of that user; the number if it has none',
  euid: 'effective user id of the process; absent if it equals the real one, as for all but setuid programs',
  euser: 'name of the effective user; the number if it has none',
  comm: 'process name, which is that of its first thread, as kept by the kernel: 15 bytes at most',
  thread_comm: 'name of the thread that caused the event, which may differ from the process name',
  cgroup: 'cgroup (v2) of the process, as a path; null if unknown',
} as const satisfies { readonly [Column in keyof EventColumns]?: string };
