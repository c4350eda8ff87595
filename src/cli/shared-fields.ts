/** What the columns of struct event (bpf/include/event.h) mean, in every tool. */
export const SHARED_FIELDS: Readonly<Record<string, string>> = {
  time: 'when it happened, by the kernel: RFC 3339 in UTC with nanoseconds in JSON, as --time says in a table',
  pid: 'process (thread group) that did it',
  tid: 'thread that did it',
  ppid: 'parent of the process',
  uid: 'user that the process runs for (its real user id), by number',
  user: 'the same user, by name; the number where it has none',
  euid: 'its effective user id, by number; not there where that is the real one, as it is but for setuid programs',
  euser: 'that user, by name; the number where it has none',
  comm: 'name of the process, which is that of its first thread, as the kernel keeps it: 15 bytes at most',
  thread_comm: 'name of the thread that did it, which may have one of its own',
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
  age: 'how long it lived, since fork(2) or clone(2), whatever it has executed since; of a COMMAND after -- since that was executed: nanoseconds in JSON',
  run_time: 'how long its program ran, since execve(2); not there when that was before tracing, or never',
  cpu_time:
    'processor time of all its threads since the process was created, before execve(2) too, up to this record: nanoseconds in JSON',
  max_rss:
    'most memory that was resident at a time since it executed its program, in bytes; not there for a thread, nor, before Linux 6.16, where what it had executed earlier had as much',
  read_bytes: 'bytes that its system calls have read, and those of the children that it waited for',
  written_bytes: 'the same for what was written',
  storage_read_bytes: 'bytes that were read from storage for it',
  storage_written_bytes: 'bytes that it has caused to be written to storage',
  voluntary_switches: 'how often it gave up its processor, to wait',
  involuntary_switches: 'how often its processor was taken from it',
};

/** What is to be said of some of them. */
export const ENDING_CAVEATS: readonly string[] = [
  'Names are those that process and thread have at the end; thread_comm is that of the thread that ends last.',
  'All but run_time and max_rss is counted since the process was created, what it did before execve(2) too. cpu_time goes up to the record: what the kernel takes then to put the process away, up to a millisecond, is not in it.',
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
  remote_name:
    'with --dns the name that the process was told last for that address, or else another traced one of its network namespace; not there where none was',
};

/** What is to be said of the names of addresses: bpf/include/dns.h. */
export const DNS_CAVEATS: readonly string[] = [
  'With --dns names are what name servers say to traced processes over UDP, in answer to what these have asked: nobody vouches for them. Who may start a process in a network namespace can have it told any name for an address, which is then shown for connections of other processes there that were told none themselves. Where it matters, go by the address.',
  'A name is the one that was told last before the event, not before the connection began. Those that were told before tracing, over TCP or TLS, or by read(2) and write(2) before Linux 6.3, are not known.',
];

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

/** What the column of a snoop_mptcp (bpf/include/mptcp.h) means. */
export const MPTCP_FIELDS: Readonly<Record<string, string>> = {
  mptcp:
    'of MPTCP: connection, the socket of the program; fallback, the same where the other end speaks TCP alone; subflow, a socket of TCP that the kernel has for a connection; not there where it is plain TCP',
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
