import type {
  BindsnoopEvent,
  EventColumns,
  ExitsnoopEvent,
  SigsnoopCount,
  SocketEvent,
  TcplifeEvent,
} from './tool-types.js';

/** Descriptions of columns, by name. Where several tools have them, one stands for all. */
type Fields<Columns> = { readonly [Column in keyof Columns]?: string };

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
} as const satisfies Fields<EventColumns>;

/** Descriptions of the columns of struct tally (bpf/include/tally.h), which every aggregating tool has. */
export const TALLY_FIELDS = {
  time: 'time of the report: RFC 3339 in UTC with nanoseconds in JSON, as --time selects in a table',
  interval: 'duration covered by the report, up to its time: nanoseconds in JSON',
  cgroup:
    'cgroup (v2) of the process, as a path; rows are grouped by it if --fields names it, or with output to a collector',
} as const satisfies Fields<SigsnoopCount>;

/** Descriptions of the columns of struct ending (bpf/include/exit.h). */
export const ENDING_FIELDS = {
  exit_code: 'exit status passed to exit(2), 0 to 255; 0 if a signal killed the process',
  signal: 'signal that killed the process, such as SIGKILL; absent if none did',
  core_dumped: 'whether a core was dumped',
  age: 'time since fork(2) or clone(2), whatever was executed since; for a COMMAND after --, since the command was executed: nanoseconds in JSON',
  run_time: 'run time of its program, since execve(2); absent if that was before tracing, or never happened',
  cpu_time: 'CPU time of all its threads during its age, before execve(2) too, up to this record: nanoseconds in JSON',
  max_rss:
    'peak resident memory since exec, in bytes; absent for a thread and, before Linux 6.16, if an earlier program of the process had reached as much',
  read_bytes: 'bytes read by its system calls, and by those of the children that it waited for',
  written_bytes: 'bytes written by its system calls, and by those of the children that it waited for',
  storage_read_bytes: 'bytes read from storage on its behalf',
  storage_written_bytes: 'bytes that it caused to be written to storage',
  voluntary_switches: 'voluntary context switches: the process gave up its CPU to wait',
  involuntary_switches: 'involuntary context switches: the process was preempted',
} as const satisfies Fields<ExitsnoopEvent>;

/** Caveats for these columns. */
export const ENDING_CAVEATS: readonly string[] = [
  'Process and thread names are those at exit; thread_comm is that of the last thread to exit.',
  "All values except run_time and max_rss count from process creation, including what happened before execve(2). cpu_time ends at the record: the kernel's own work to clean up the process after that, up to a millisecond, is not included.",
  'I/O counters are those of /proc/PID/io, where those of a process pass to the parent that waits for it. They require a kernel with CONFIG_TASK_IO_ACCOUNTING, as distributions build them.',
];

const LOCAL_FIELDS = {
  local_addr: 'local address; IPv4 also for an IPv4-mapped address of an IPv6 socket',
  local_port: 'local port',
  local: 'local address and port in one, such as 10.0.0.1:443 or [2001:db8::1]:443; in JSON and CSV only on request',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns of a snoop_peer (bpf/include/socket.h). */
export const REMOTE_FIELDS = {
  remote_addr: 'remote address',
  remote_port: 'remote port',
  remote: 'remote address and port in one; with --dns, the name replaces the address',
  remote_name:
    'with --dns: last name received by the process for that address, or else by another traced process in its network namespace; absent if there was none',
} as const satisfies Fields<SocketEvent>;

/** Caveats for --dns: bpf/include/dns.h. */
export const DNS_CAVEATS: readonly string[] = [
  'With --dns, names come from the answers that name servers give to queries of traced processes over UDP, and nothing authenticates them. Anyone who can start a process in a network namespace can have it receive any name for an address; that name is then shown for connections of other processes there that received none themselves. Where it matters, rely on the address.',
  'The name shown is the last one received before the event, not before the connection began. Names received before tracing, over TCP or TLS, or with read(2) and write(2) before Linux 6.3, are unknown.',
];

/** Descriptions of the columns that identify a connection. */
export const CONNECTION_FIELDS = {
  ...LOCAL_FIELDS,
  ...REMOTE_FIELDS,
  netns: 'network namespace of the socket',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns of struct socket_event (bpf/include/socket.h). */
export const SOCKET_FIELDS = {
  ...CONNECTION_FIELDS,
  family: 'ipv4 or ipv6, the family of the socket',
} as const satisfies Fields<SocketEvent>;

/** Description of the column of a snoop_mptcp (bpf/include/mptcp.h). */
export const MPTCP_FIELDS = {
  mptcp:
    "MPTCP role of the socket: connection, the program's socket; fallback, the same with a peer that speaks only TCP; subflow, a TCP socket that the kernel uses for a connection; absent for plain TCP",
} as const satisfies Fields<TcplifeEvent>;

/** Descriptions of the columns from bpf/include/socket-options.h. */
export const OPTION_FIELDS = {
  proto:
    'protocol: tcp, udp, icmp, icmpv6, sctp, udplite or mptcp; raw for a raw socket of any protocol; otherwise its number',
  options:
    'socket options that affect ports and addresses, such as REUSEADDR|V6ONLY: REUSEADDR, REUSEPORT, FREEBIND, TRANSPARENT, BIND_ADDRESS_NO_PORT, V6ONLY; empty if none is set',
} as const satisfies Fields<BindsnoopEvent>;

/** Caveats for the owner of a TCP socket: bpf/include/owner.h. */
export const OWNER_CAVEATS: readonly string[] = [
  'A connection is attributed to the process that connected or accepted it, then to the one that last sent or received on it; before it is accepted, to the listener. pid is 0 if the socket owner is unknown: process filters exclude such connections.',
  'Socket owners are tracked for 65,536 TCP sockets at a time.',
];
