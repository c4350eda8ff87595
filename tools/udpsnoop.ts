import { defineTool } from '../src/trace/define-tool.js';
import { REMOTE_FIELDS } from '../src/trace/features/sockets/fields.js';

export default defineTool({
  name: 'udpsnoop',
  summary: 'trace UDP datagrams: process, peer, size and errors',
  description:
    'Report each datagram that a process sends or receives over UDP, with its size and its peer, even on unconnected sockets, and each send or receive that fails, with the error.',
  event: { struct: 'udpsnoop_event', name: 'udp' },
  columns: ['pid', 'comm', 'direction', 'ret', 'local', 'remote'],
  features: ['sockets'],
  fields: {
    local_addr: 'local address of the socket; 0.0.0.0 or :: if it receives on all local addresses',
    remote_addr: 'remote address; 0.0.0.0 or ::, with port 0, if unknown',
    direction: 'send or receive',
    bytes: 'bytes of data sent or received, without headers; 0 if the call failed',
    ret: 'the same number, or the error as a name in a table and a negative number in JSON',
    error: 'error name; absent on success',
  },
  flags: {
    count: {
      summary: 'show aggregated counts and bytes by process and remote endpoint instead of events',
      sets: 'want_counts',
    },
  },
  tally: {
    metrics: {
      count: {
        name: 'snoopkit.udp.datagrams',
        unit: '{packet}',
        description: 'Datagrams sent and received over UDP, and failed calls',
      },
      bytes: { name: 'snoopkit.udp.io', unit: 'By', description: 'Bytes of data sent and received over UDP' },
    },
    flag: 'count',
    event: { struct: 'udpsnoop_count', name: 'udp_count' },
    columns: ['pid', 'comm', 'direction', 'count', 'bytes', 'ret', 'remote'],
    fields: {
      pid: 'process that sent or received',
      comm: 'name of that process',
      direction: 'send or receive',
      ...REMOTE_FIELDS,
      remote_addr: 'remote address; 0.0.0.0 or ::, with port 0, if unknown',
      ret: '0, or the error as a name in a table and a negative number in JSON',
      error: 'error name; absent on success',
      count: 'number of datagrams, or of failed calls',
      bytes: 'total bytes of data',
    },
    sort: 'bytes',
    sums: ['count', 'bytes'],
  },
  otlp: { event: 'udp.message', constants: { 'network.transport': 'udp' } },
  hooks: {
    sends: {
      ways: [
        { programs: ['enter_send4', 'leave_send4'], optional: ['enter_send6', 'leave_send6'] },
        {
          programs: ['handle_send', 'leave_sendmmsg'],
          caveat: 'for io_uring and 32-bit programs, the destination of a datagram is known only on connected sockets',
        },
        {
          programs: ['enter_send4_kprobe', 'leave_send4_kprobe'],
          optional: ['enter_send6_kprobe', 'leave_send6_kprobe'],
        },
      ],
    },
    receives: {
      ways: [
        { programs: ['handle_consume', 'handle_failure4'], optional: ['handle_failure6'] },
        {
          programs: ['handle_receive_queue', 'handle_arrival', 'leave_recvfrom', 'leave_recvmsg', 'leave_recvmmsg'],
          caveat:
            'on an unconnected socket the sender is read from the receive queue, unless the program asks for it (seen to work up to Linux 6.18; on 7.2 it stays unknown); if several threads receive on one socket at the same time, it may be unknown or that of another datagram',
        },
        {
          programs: ['handle_receive', 'leave_recvfrom', 'leave_recvmsg', 'leave_recvmmsg'],
          caveat:
            'on an unconnected socket the sender is known only if the program asks for it with recvfrom(2), recvmsg(2) or recvmmsg(2); datagrams of recvmmsg(2) are shown when the call returns',
        },
        { programs: ['handle_consume_kprobe'], caveat: 'failed receives are not seen' },
      ],
    },
  },
  examples: [
    { summary: 'All datagrams', command: '' },
    { summary: 'DNS traffic: processes and name servers', command: '--remote-port 53' },
    { summary: 'Failed sends and receives, with the error', command: '-x' },
    { summary: 'Processes and peers with the most traffic, every ten seconds', command: '--count -i 10' },
    { summary: 'IPv6 datagrams of one process', command: '-p 1234 -6' },
    {
      summary: 'Total bytes sent and received by a command',
      command: `<%= config.bin %> udpsnoop --json -f -- make | jq -s 'map(.bytes) | add'`,
    },
  ],
  caveats: [
    'Each message that a call sends or receives is one event. With UDP_SEGMENT or UDP_GRO it is several datagrams, with MSG_MORE or UDP_CORK part of one.',
    'For a datagram longer than the buffer of the program, the size is what the call returns: the full length with MSG_TRUNC, otherwise the length of the buffer.',
    'Peeks (MSG_PEEK) and messages from the error queue are not shown, nor are calls that found nothing to receive (EAGAIN) or were interrupted by a signal.',
    'A sent datagram may not have arrived. Datagrams dropped on their way, or because the queue of the receiver is full, are not shown.',
    'Datagrams that the kernel sends or receives for a tunnel, such as VXLAN or WireGuard, do not pass through a system call and are not seen.',
  ],
  overhead:
    'One or two microseconds per datagram shown, 0.4 per datagram that filters exclude. With tracepoints, each send or receive on another socket costs 0.1 to 0.2 microseconds more, and data that arrives at a socket of any kind 0.1.',
});
