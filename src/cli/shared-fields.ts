/** What the columns of struct event (bpf/include/event.h) mean, in every tool. */
export const SHARED_FIELDS: Readonly<Record<string, string>> = {
  time: 'when it happened, by the kernel: RFC 3339 in UTC with nanoseconds in JSON, as --time says in a table',
  pid: 'process (thread group) that did it',
  tid: 'thread that did it',
  ppid: 'parent of the process',
  uid: 'user that the process runs for (its real user id), by number',
  user: 'the same user, by name; the number where it has none',
  euid: 'its effective user id, by number; only where that is not the real one',
  euser: 'the same user, by name',
  comm: 'name of the process, which is that of its first thread, as the kernel keeps it: 15 bytes at most',
  thread_comm: 'name of the thread that did it',
  cgroup: 'cgroup (v2) of the process, as its path; null where that is not known',
};

/** What the columns of struct tally (bpf/include/tally.h) mean, in every tool that adds up. */
export const TALLY_FIELDS: Readonly<Record<string, string>> = {
  time: 'when it was reported: RFC 3339 in UTC with nanoseconds in JSON, as --time says in a table',
  interval: 'the time that the report is about, up to then: nanoseconds in JSON',
  cgroup:
    'cgroup (v2) of the process, as its path: where --fields asks for it, or a collector is told, rows are told apart by it',
};

/** What the columns of struct ending (bpf/include/exit.h) mean. */
export const ENDING_FIELDS: Readonly<Record<string, string>> = {
  exit_code: 'status that it gave to exit(2), 0 to 255; 0 when a signal ended it',
  signal: 'the signal that ended it, such as SIGKILL; not there when none did',
  core_dumped: 'whether a core was dumped',
  age: 'how long it lived, since fork(2) or clone(2): nanoseconds in JSON',
  run_time: 'how long its program ran, since execve(2); not there when that was before tracing, or never',
  cpu_time: 'processor time of all its threads: nanoseconds in JSON',
  max_rss: 'most memory that was resident at a time, in bytes; 0 for a thread',
  read_bytes: 'bytes that its system calls have read, and those of the children that it waited for',
  written_bytes: 'the same for what was written',
  storage_read_bytes: 'bytes that were read from storage for it',
  storage_written_bytes: 'bytes that it has caused to be written to storage',
  voluntary_switches: 'how often it gave up its processor, to wait',
  involuntary_switches: 'how often its processor was taken from it',
};

/** What is to be said of some of them. */
export const ENDING_CAVEATS: readonly string[] = [
  'The name is that which the command has at its end, of the thread that ends last.',
  'Input and output are as in /proc/PID/io, where they go over to the parent that waits; they are counted where the kernel keeps account of them (CONFIG_TASK_IO_ACCOUNTING), as those of distributions do.',
];

const LOCAL_FIELDS: Readonly<Record<string, string>> = {
  local_addr: 'address of our end; IPv4 also where an IPv6 socket has it mapped',
  local_port: 'port of our end',
  local: 'both, for people: 10.0.0.1:443 or [2001:db8::1]:443; in JSON and CSV only when asked for',
};

/** What the columns of a snoop_peer (bpf/include/socket.h) mean. */
export const REMOTE_FIELDS: Readonly<Record<string, string>> = {
  remote_addr: 'address of the other end',
  remote_port: 'port of the other end',
  remote: 'both, for people; with --dns the name in place of the address',
  remote_name: 'with --dns the name of that address, as a traced process has asked for it; not there where none did',
};

/** What the columns mean that say which connection it is. */
export const CONNECTION_FIELDS: Readonly<Record<string, string>> = {
  ...LOCAL_FIELDS,
  ...REMOTE_FIELDS,
  netns: 'network namespace of the socket',
};

/** What the columns of struct socket_event (bpf/include/socket.h) mean. */
export const SOCKET_FIELDS: Readonly<Record<string, string>> = {
  ...CONNECTION_FIELDS,
  family: 'ipv4 or ipv6, of the socket',
};

/** What the columns mean that come from bpf/include/socket-options.h. */
export const OPTION_FIELDS: Readonly<Record<string, string>> = {
  proto: 'protocol: tcp, udp, icmp, icmpv6, sctp, udplite or mptcp; raw for a raw socket of any; else its number',
  options:
    'options of the socket that have to do with ports and addresses, such as REUSEADDR|V6ONLY: REUSEADDR, REUSEPORT, FREEBIND, TRANSPARENT, BIND_ADDRESS_NO_PORT, V6ONLY; empty when none is set',
};

/** What is to be said of whom a TCP socket belongs to: bpf/include/owner.h. */
export const OWNER_CAVEATS: readonly string[] = [
  'A connection belongs to the process that connected or accepted it, and from then on to the one that last sent or received; before it is accepted to the one that listens. pid is 0 where none is known: filters for processes leave that out.',
  'What is known is kept of 65,536 TCP sockets at a time.',
];
