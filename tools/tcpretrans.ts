import { defineTool } from '../src/cli/define-tool.js';
import { MPTCP_FIELDS, OWNER_CAVEATS, REMOTE_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';
import { STACK_CAVEAT, STACK_FIELDS, STACK_FLAGS } from '../src/cli/stack-flag.js';

const KIND =
  'loss_probe: the last of what was sent, after a silence of about two round trips; rto: a timeout; after_rto: what was sent before a timeout, or was too large for a path; fast: what the other end lacks, as its acknowledgements show; syn and synack: of a handshake';

import { TCP } from '../src/cli/shared-attributes.js';

export default defineTool({
  name: 'tcpretrans',
  summary: 'trace what TCP sends again, and why',
  description:
    'Shows each time that TCP sends something again: whose connection it is, and whether it is a probe after a short silence, a timeout, which costs a connection most, or the quick answer to a gap that the other end has told of.',
  event: { struct: 'tcpretrans_event', name: 'tcp_retransmit' },
  columns: ['pid', 'comm', 'state', 'kind', 'ret', 'local_port', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    state: 'of the connection, such as ESTABLISHED: tcp(7)',
    kind: KIND,
    ret: '0, or the error where it could not be sent: its name in a table, a negative number in JSON; ENOBUFS where a queue of the device had no room',
    error: "the error's name; not there when it was sent",
    seq: 'sequence number of the first byte, as on the wire',
    length: 'bytes of data, which may go out as several packets; 0 where it is a SYN or a FIN alone',
    congestion: 'state of congestion control: Open, Disorder, CWR, Recovery or Loss',
    timeouts: 'how often the timer has run out since something was acknowledged; 0 for a request without a socket',
    retransmits: 'segments of the connection that were sent again so far, with these',
    ...STACK_FIELDS,
  },
  flags: {
    count: {
      summary: 'in place of each, how many there were, by process name, destination and kind',
      sets: 'want_counts',
    },
    ...STACK_FLAGS,
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.retransmits', unit: '{packet}', description: 'Times that TCP sent something again' },
      bytes: { name: 'snoopkit.tcp.retransmitted', unit: 'By', description: 'Bytes of data that TCP sent again' },
    },
    flag: 'count',
    event: { struct: 'tcpretrans_count', name: 'tcp_retransmit_count' },
    columns: ['count', 'bytes', 'comm', 'kind', 'remote'],
    fields: {
      comm: 'name of the process that the connection belongs to',
      ...REMOTE_FIELDS,
      kind: KIND,
      count: 'how many there were',
      bytes: 'bytes of data that were sent again',
    },
    sort: 'count',
    sums: ['count', 'bytes'],
  },
  otlp: {
    event: 'tcp.retransmit',
    attributes: { state: { name: 'network.connection.state', as: 'tcp_state' } },
    constants: TCP,
    warns: 'always',
  },
  hooks: {
    retransmits: { ways: [{ programs: ['handle_retransmit'] }] },
    synacks: { ways: [{ programs: ['handle_synack'] }] },
    owners: { ways: [{ programs: ['handle_state'] }] },
    ...OWNER_HOOKS,
  },
  examples: [
    { summary: 'All that is sent again', command: '' },
    { summary: 'Of one process, with times', command: '-p 1234 -T' },
    { summary: 'To one network, with where in the data', command: '--remote-addr 10.0.0.0/8 -F +seq,length' },
    { summary: 'What could not even be sent', command: '-x --stack' },
    { summary: 'How many, every ten seconds', command: '--count -i 10' },
    { summary: 'Timeouts, and with whom', command: '-o csv -F kind,remote_addr | grep ^rto' },
  ],
  caveats: [
    'Of what could not be sent kernels since 6.17 tell, and only where they have tried: not where there is no route any more, nor where the first one still waits to be sent.',
    'A probe that takes data which was never sent before is no retransmission. One for a window of 0, or a keepalive, has no data, and is not shown.',
    'What is shown was sent again, needed or not: that the first one did arrive is not known here.',
    STACK_CAVEAT,
    ...OWNER_CAVEATS,
  ],
  overhead:
    'One or two microseconds for each retransmission, some for each connection; and a tenth of a microsecond for each time that something is sent or received.',
});
