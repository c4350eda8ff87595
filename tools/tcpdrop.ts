import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { TCP } from '../src/trace/features/sockets/attributes.js';

const DROP_REASON =
  "drop reason: a name from the kernel's enum skb_drop_reason without its prefix, or the number of a reason defined by a module; absent on kernels before 5.17";
const LOCATION = 'kernel function that dropped the packet, such as tcp_v4_rcv+0x1b0';

export default defineTool({
  name: 'tcpdrop',
  summary: 'trace TCP packets dropped by the kernel, with the drop reason',
  description:
    'Report each incoming or outgoing TCP packet that the kernel drops: the drop reason, the kernel function, and the process that owns the connection, if there is one.',
  event: { struct: 'tcpdrop_event', name: 'tcp_drop' },
  columns: ['pid', 'comm', 'drop_reason', 'flags', 'direction', 'local_port', 'remote'],
  features: ['stack', 'owners', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    netns: 'network namespace of the socket, or of the device; 0 if neither is known',
    family: 'ipv4 or ipv6, of the packet',
    direction: 'received or sent; for a received packet, the local endpoint is its destination',
    drop_reason: DROP_REASON,
    state: 'state of the socket, such as ESTABLISHED: tcp(7); absent if there is no socket or it is not known',
    seq: 'sequence number in the packet',
    ack: 'acknowledgment number, meaningful with the ACK flag',
    length: 'bytes of data, according to the IP header',
    flags: 'TCP flags, such as SYN|ACK',
    location: LOCATION,
  },
  flags: {
    count: {
      summary: 'show aggregated counts by process name, direction, reason and location instead of events',
      sets: 'want_counts',
    },
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.drops', unit: '{packet}', description: 'TCP packets dropped by the kernel' },
    },
    flag: 'count',
    event: { struct: 'tcpdrop_count', name: 'tcp_drop_count' },
    columns: ['count', 'comm', 'direction', 'drop_reason', 'location'],
    fields: {
      comm: 'name of the sending or receiving process; empty if unknown',
      location: LOCATION,
      drop_reason: DROP_REASON,
      direction: 'received or sent',
      count: 'number of packets',
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
          caveat: 'a packet is attributed to a process only if its endpoints match a known connection',
        },
        {
          programs: ['handle_free'],
          optional: ['handle_tcp_drop'],
          caveat: 'the kernel gives no drop reasons, and drops by a socket are seen only if tcp_drop() can be probed',
        },
      ],
    },
    owners: { ways: [{ programs: ['handle_state'] }] },
    'existing connections': {
      ways: [{ programs: ['connections_existing'] }],
      without: 'some packets of connections older than the trace are not attributed to a process',
    },
  },
  examples: [
    { summary: 'All dropped packets', command: '' },
    { summary: 'Kernel function and stack trace of each drop', command: '-F +location --stack' },
    { summary: 'Drops on the port of a server, with the socket state', command: '--local-port 443 -F +state' },
    { summary: 'Most frequent drops within one minute', command: '--count -d 1m' },
  ],
  caveats: [
    'Drops by other machines on the path are not seen, nor drops by a network device, or by XDP in its driver, before the kernel creates a packet; tcpretrans shows the retransmissions that follow.',
    'ACKs without data that the kernel frees without a drop reason have served their purpose and are not shown, nor is a FIN that the program has not read.',
    'A SYN rejected because a queue of the listener is full is not a drop to the kernel, which considers it processed; tcpaccept shows these queues.',
    'Kernels before 5.17 give no drop reasons. They report drops by a socket only if tcp_drop() is a separate function and can be probed; in the kernel of Debian 11 it is not.',
    'A drop may be normal: a duplicate packet, or one for a port without a listener.',
    'A SYN for a port without a listener is attributed to the process that sent it, if that is on this machine and in the same network namespace.',
    'For a packet that is only forwarded, the local endpoint is its destination.',
    'Fragments after the first have no TCP header and are not shown.',
  ],
  overhead:
    'One or two microseconds per dropped packet, a few per connection, and a tenth of a microsecond per send or receive.',
});
