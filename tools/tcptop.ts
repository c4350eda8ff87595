import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { CONNECTION_FIELDS } from '../src/trace/features/sockets/fields.js';

export default defineTool({
  name: 'tcptop',
  summary: 'show bytes sent and received over TCP by process and connection',
  description:
    'Sum the bytes that each process sends and receives over each of its TCP connections, and report them every second: in place on a terminal, otherwise in blocks, and in JSON one line per row.',
  event: { struct: 'tcptop_row', name: 'tcp_top' },
  columns: ['pid', 'comm', 'received', 'sent', 'local_port', 'remote'],
  features: ['mptcp', 'sockets'],
  fields: {
    pid: 'process that sent or received',
    comm: 'name of that process',
    ...CONNECTION_FIELDS,
    ...MPTCP_FIELDS,
    sent: 'bytes sent by its calls',
    received: 'bytes received by its calls',
  },
  tally: {
    sort: 'received',
    sums: ['received', 'sent'],
    interval: '1',
    isTop: true,
    metrics: {
      received: {
        name: 'snoopkit.tcp.io',
        unit: 'By',
        description: 'Bytes sent and received by processes over TCP',
        attributes: { 'network.io.direction': 'receive' },
      },
      sent: {
        name: 'snoopkit.tcp.io',
        unit: 'By',
        description: 'Bytes sent and received by processes over TCP',
        attributes: { 'network.io.direction': 'transmit' },
      },
    },
  },
  hooks: {
    transfers: {
      ways: [
        { programs: ['handle_send', 'handle_receive'] },
        {
          programs: ['handle_sendmsg', 'handle_recvmsg'],
          optional: ['handle_mptcp_sendmsg', 'handle_mptcp_recvmsg'],
        },
        {
          programs: ['enter_tcp_sendmsg', 'leave_tcp_sendmsg', 'enter_tcp_recvmsg', 'leave_tcp_recvmsg'],
          optional: ['enter_mptcp_sendmsg', 'leave_mptcp_sendmsg', 'enter_mptcp_recvmsg', 'leave_mptcp_recvmsg'],
        },
      ],
    },
  },
  examples: [
    { summary: 'All connections with traffic, every second', command: '' },
    { summary: 'The ten connections that send most, over ten seconds', command: '--sort sent --rows 10 -i 10 --once' },
    { summary: 'Traffic of one process, as JSON', command: '-p 1234 -o json' },
    { summary: 'Total traffic of a command', command: '-f -i 1h -- git fetch' },
  ],
  caveats: [
    'Bytes are those sent and received by system calls: without headers and retransmissions, and counted when the call returns.',
    'Bytes received by splice(2) are not seen; before Linux 6.5, nor are those sent by sendfile(2) and splice(2).',
    'Each interval has room for 32,768 connections; traffic of further ones is missing, and reported as lost.',
  ],
  overhead:
    'About half a microsecond per send or receive over TCP, a tenth of a microsecond per send or receive on other sockets.',
});
