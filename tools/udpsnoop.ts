import { defineTool } from '../src/cli/define-tool.js';
import { REMOTE_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';

export default defineTool({
  name: 'udpsnoop',
  summary: 'trace UDP: who sends and receives how much, with whom, and what fails',
  description:
    'Shows each datagram that a process sends or receives over UDP, with its size and who is at the other end, also where the socket is not connected; and what can not be sent or received, and why.',
  event: { struct: 'udpsnoop_event', name: 'udp' },
  columns: ['pid', 'comm', 'direction', 'ret', 'local', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    local_addr: 'address of our end, as the socket has it: 0.0.0.0 or :: where it takes what comes to any of ours',
    remote_addr: 'address of the other end; 0.0.0.0 or ::, with port 0, where it is not known',
    direction: 'send or receive',
    bytes: 'what was sent or received: the data, without headers; 0 when the call failed',
    ret: 'the same, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
  },
  flags: {
    count: {
      summary: 'in place of each datagram, how many there were, of how many bytes, by process and other end',
      sets: 'want_counts',
    },
  },
  tally: {
    metrics: {
      count: {
        name: 'snoopkit.udp.datagrams',
        unit: '{packet}',
        description: 'Datagrams sent and received over UDP, and calls that failed',
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
      remote_addr: 'address of the other end; 0.0.0.0 or ::, with port 0, where it is not known',
      ret: '0, or the error: its name in a table, a negative number in JSON',
      error: "the error's name; not there when the calls succeeded",
      count: 'how many there were',
      bytes: 'how many bytes of data in all',
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
          caveat: 'of what io_uring and 32-bit programs send the other end is known only where the socket is connected',
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
            'where the socket is not connected the other end is read from its queue, unless the program asks for it: of what threads receive over one socket at the same moment it may be unknown, or that of another datagram',
        },
        {
          programs: ['handle_receive', 'leave_recvfrom', 'leave_recvmsg', 'leave_recvmmsg'],
          caveat:
            'where the socket is not connected the other end is known only if the program asks for it with recvfrom(2), recvmsg(2) or recvmmsg(2), which tells of all its datagrams as it returns',
        },
        { programs: ['handle_consume_kprobe'], caveat: 'receives that fail are not seen' },
      ],
    },
  },
  examples: [
    { summary: 'All datagrams', command: '' },
    { summary: 'Who asks which name server', command: '--remote-port 53' },
    { summary: 'What fails, and why', command: '-x' },
    { summary: 'Who sends and receives most, every ten seconds', command: '--count -i 10' },
    { summary: 'What a process sends and receives over IPv6', command: '-p 1234 -6' },
    {
      summary: 'How much a command sends in all',
      command: `<%= config.bin %> udpsnoop --json -f -- make | jq -s 'map(.bytes) | add'`,
    },
  ],
  caveats: [
    'What a call sends or receives is one event. With UDP_SEGMENT and UDP_GRO that is several datagrams, with MSG_MORE and UDP_CORK a part of one.',
    'Of a datagram that is longer than the memory that a program has for it those bytes count that the call returns: with MSG_TRUNC all, else what there was room for.',
    'What is only looked at (MSG_PEEK) is not received yet, and messages of the error queue are no datagrams: neither is shown. Nor is it a failure that there was nothing to receive (EAGAIN), or that a signal came first.',
    'That a datagram was sent does not say that it arrived. What is thrown away on its way, or because the queue of its receiver is full, is not shown here.',
    'A datagram that the kernel sends or receives for a tunnel, such as VXLAN or WireGuard, goes through no call, and is not seen.',
  ],
  overhead:
    'One or two microseconds for each datagram that is shown, 0.4 for those that filters leave out. By tracepoints each call that sends or receives over other sockets costs 0.1 to 0.2 microseconds more, and data that arrives at a socket of any kind 0.1.',
});
