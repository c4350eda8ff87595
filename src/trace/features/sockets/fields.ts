import type { BindsnoopEvent, SocketEvent } from '../../tool-types.js';

/** Descriptions of columns, by name. Where several tools have them, one stands for all. */
type Fields<Columns> = { readonly [Column in keyof Columns]?: string };

const LOCAL_FIELDS = {
  local_addr: 'local address; IPv4 also for an IPv4-mapped address of an IPv6 socket',
  local_port: 'local port',
  local: 'local address and port in one, such as 10.0.0.1:443 or [2001:db8::1]:443; in JSON and CSV only on request',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns of a snoop_peer (socket.h). */
export const REMOTE_FIELDS = {
  remote_addr: 'remote address',
  remote_port: 'remote port',
  remote: 'remote address and port in one; with --dns, the name replaces the address',
  remote_name:
    'with --dns: last name received by the process for that address, or else by another traced process in its network namespace; absent if there was none',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns that identify a connection. */
export const CONNECTION_FIELDS = {
  ...LOCAL_FIELDS,
  ...REMOTE_FIELDS,
  netns: 'network namespace of the socket',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns of struct socket_event (socket.h). */
export const SOCKET_FIELDS = {
  ...CONNECTION_FIELDS,
  family: 'ipv4 or ipv6, the family of the socket',
} as const satisfies Fields<SocketEvent>;

/** Descriptions of the columns from socket-options.h. */
export const OPTION_FIELDS = {
  proto:
    'protocol: tcp, udp, icmp, icmpv6, sctp, udplite or mptcp; raw for a raw socket of any protocol; otherwise its number',
  options:
    'socket options that affect ports and addresses, such as REUSEADDR|V6ONLY: REUSEADDR, REUSEPORT, FREEBIND, TRANSPARENT, BIND_ADDRESS_NO_PORT, V6ONLY; empty if none is set',
} as const satisfies Fields<BindsnoopEvent>;
