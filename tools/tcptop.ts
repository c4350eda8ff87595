import { defineTool } from '../src/cli/define-tool.js';
import { CONNECTION_FIELDS, MPTCP_FIELDS } from '../src/cli/shared-fields.js';

export default defineTool({
  name: 'tcptop',
  summary: 'bytes that processes send and receive over TCP, by connection, as they go',
  description:
    'Adds up what each process sends and receives over each of its TCP connections, and shows that each second: on a terminal in one place, else in blocks; in JSON a line for each row.',
  event: { struct: 'tcptop_row', name: 'tcp_top' },
  columns: ['pid', 'comm', 'received', 'sent', 'local_port', 'remote'],
  sockets: true,
  fields: {
    pid: 'process that sent or received',
    comm: 'name of that process',
    ...CONNECTION_FIELDS,
    ...MPTCP_FIELDS,
    sent: 'bytes that its calls sent',
    received: 'bytes that its calls received',
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
        description: 'Bytes that processes sent and received over TCP',
        attributes: { 'network.io.direction': 'receive' },
      },
      sent: {
        name: 'snoopkit.tcp.io',
        unit: 'By',
        description: 'Bytes that processes sent and received over TCP',
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
    { summary: 'All connections with traffic, each second', command: '' },
    { summary: 'Who sends most, in ten seconds', command: '--sort sent --rows 10 -i 10 --once' },
    { summary: 'Traffic of one process, as JSON', command: '-p 1234 -o json' },
    { summary: 'What a command transfers in all', command: '-f -i 1h -- git fetch' },
  ],
  caveats: [
    'Bytes are those that the calls of programs sent and received: without headers, without what is sent again, and counted when the call returns.',
    'What splice(2) receives is not seen; before Linux 6.5 nor what sendfile(2) and splice(2) send.',
    'There is room for 32,768 connections in an interval; of more, which is told, the rest is missing.',
  ],
  overhead:
    'About half a microsecond for each time that something is sent or received over TCP; a tenth of one for other sockets.',
});
