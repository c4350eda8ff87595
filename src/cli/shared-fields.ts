/** What the columns of struct event (bpf/include/event.h) mean, in every tool. */
export const SHARED_FIELDS: Readonly<Record<string, string>> = {
  time: 'when it happened, by the kernel: RFC 3339 in UTC with nanoseconds in JSON, as --time says in a table',
  pid: 'process (thread group) that did it',
  tid: 'thread that did it',
  ppid: 'parent of the process',
  uid: 'user that the process runs for (its real user id), by number',
  user: 'the same user, by name; the number where it has none',
  comm: 'name of the command, as the kernel keeps it: 15 bytes at most',
};
