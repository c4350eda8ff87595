import { defineTool } from '../src/cli/define-tool.js';
import { MPTCP_FIELDS, OWNER_CAVEATS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';
import { STACK_CAVEAT, STACK_FIELDS, STACK_FLAGS } from '../src/cli/stack-flag.js';

const DROP_REASON =
  'why, as the kernel names it: enum skb_drop_reason without the beginning of its names, or the number of a reason that a module has; not there on kernels before 5.17';
const LOCATION = 'the function that dropped it, such as tcp_v4_rcv+0x1b0';

import { TCP } from '../src/cli/shared-attributes.js';

export default defineTool({
  name: 'tcpdrop',
  summary: 'trace TCP packets that the kernel drops, and why',
  description:
    'Shows each TCP packet that the kernel drops, of those that came in and those that were to go out: why, at which function, and whose connection it belongs to, as far as there is one.',
  event: { struct: 'tcpdrop_event', name: 'tcp_drop' },
  columns: ['pid', 'comm', 'drop_reason', 'flags', 'direction', 'local_port', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    netns: 'network namespace of the socket, or of the device; 0 where neither is known',
    family: 'ipv4 or ipv6, of the packet',
    direction: 'received or sent: of a packet that came in the local end is the one that it was for',
    drop_reason: DROP_REASON,
    state: 'of its socket, such as ESTABLISHED: tcp(7); not there where there is none, or none is known',
    seq: 'sequence number, as in the packet',
    ack: 'what it acknowledges, where it has the flag ACK',
    length: 'bytes of data, as in the header of IP',
    flags: 'those of its header, such as SYN|ACK',
    location: LOCATION,
    ...STACK_FIELDS,
  },
  flags: {
    count: {
      summary: 'in place of each, how many there were, by process name, reason and place',
      sets: 'want_counts',
    },
    ...STACK_FLAGS,
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.drops', unit: '{packet}', description: 'TCP packets that the kernel dropped' },
    },
    flag: 'count',
    event: { struct: 'tcpdrop_count', name: 'tcp_drop_count' },
    columns: ['count', 'comm', 'direction', 'drop_reason', 'location'],
    fields: {
      comm: 'name of the process that the packet was from or for; empty where that is not known',
      location: LOCATION,
      drop_reason: DROP_REASON,
      direction: 'received or sent',
      count: 'how many there were',
    },
    sort: 'count',
    sums: ['count'],
  },
  otlp: {
    event: 'tcp.drop',
    attributes: { state: { name: 'network.connection.state', as: 'tcp_state' } },
    constants: TCP,
    warns: 'always',
  },
  hooks: {
    drops: {
      ways: [
        { programs: ['handle_drop_of_socket'] },
        {
          programs: ['handle_drop'],
          caveat: 'whose packet it is can be told only where the connection is known by its ends',
        },
        {
          programs: ['handle_free'],
          optional: ['handle_tcp_drop'],
          caveat: 'the kernel gives no reasons, and what a socket drops is seen only where tcp_drop() can be probed',
        },
      ],
    },
    owners: { ways: [{ programs: ['handle_state'] }] },
    'older connections': {
      ways: [{ programs: ['connections_existing'] }],
      without: 'of a connection that is older than the trace some packets belong to nobody',
    },
    ...OWNER_HOOKS,
  },
  examples: [
    { summary: 'All that is dropped', command: '' },
    { summary: 'Where in the kernel, and how it came there', command: '-F +location --stack' },
    { summary: 'What a server does not get', command: '--local-port 443 -F +state' },
    { summary: 'Reasons of one minute, by how often', command: '--count -d 1m' },
  ],
  caveats: [
    'What another machine drops on the way is not seen here, nor what a device, or XDP in its driver, drops before the kernel makes a packet of it; tcpretrans shows what is sent again for it.',
    'Acknowledgements without data that the kernel drops without a reason have done their work, and are not shown, nor is the end of a connection that a program has not read.',
    'A SYN that a full queue of a listener does not take is no dropped packet for the kernel, but one that it has dealt with: tcpaccept shows these queues.',
    'Kernels before 5.17 give no reasons. What a socket drops they tell only where tcp_drop() is a function of its own and can be probed; that of Debian 11 has none.',
    'That a packet is dropped may be in order: one that came twice, or for a port where nobody listens.',
    'A SYN for a port where nobody listens belongs to the process that has sent it, where that is on this machine and in the same network namespace.',
    'Of a packet that is only routed through, the local end is the one that it was for.',
    'Fragments behind the first have no header of TCP, and are not shown.',
    STACK_CAVEAT,
    ...OWNER_CAVEATS,
  ],
  overhead:
    'One or two microseconds for each packet that is dropped, some for each connection; and a tenth of a microsecond for each time that something is sent or received.',
});
