import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { TCP } from '../src/trace/features/sockets/attributes.js';
import { REMOTE_FIELDS } from '../src/trace/features/sockets/fields.js';

const KIND =
  'loss_probe: the last segment sent, after a silence of about two round trips; rto: a timeout; after_rto: a segment sent before a timeout, or too large for the path; fast: data missing at the peer according to its ACKs; syn and synack: segments of a handshake';

export default defineTool({
  name: 'tcpretrans',
  summary: 'trace TCP retransmissions and their causes',
  description:
    'Report each TCP retransmission: the process that owns the connection, and the kind, such as a probe after a short silence, a timeout (the costliest kind), or a fast retransmission of data that the peer reported missing.',
  event: { struct: 'tcpretrans_event', name: 'tcp_retransmit' },
  columns: ['pid', 'comm', 'state', 'kind', 'ret', 'local_port', 'remote'],
  features: ['stack', 'owners', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    state: 'state of the connection, such as ESTABLISHED: tcp(7)',
    kind: KIND,
    ret: '0, or the error if it could not be sent, as a name in a table and a negative number in JSON; ENOBUFS if a queue of the device was full',
    error: 'error name; absent if it was sent',
    seq: 'sequence number of the first byte, as on the wire',
    length: 'bytes of data, possibly sent as several packets; 0 for a SYN or a FIN alone',
    congestion: 'congestion control state: Open, Disorder, CWR, Recovery or Loss',
    timeouts: 'retransmission timeouts since data was last acknowledged; 0 for a connection request without a socket',
    retransmits: 'segments retransmitted on the connection so far, including these',
  },
  flags: {
    count: {
      summary: 'show aggregated counts by process name, destination and kind instead of events',
      sets: 'want_counts',
    },
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.retransmits', unit: '{packet}', description: 'TCP retransmissions' },
      bytes: { name: 'snoopkit.tcp.retransmitted', unit: 'By', description: 'Bytes of data retransmitted over TCP' },
    },
    flag: 'count',
    event: { struct: 'tcpretrans_count', name: 'tcp_retransmit_count' },
    columns: ['count', 'bytes', 'comm', 'kind', 'remote'],
    fields: {
      comm: 'name of the process that owns the connection',
      ...REMOTE_FIELDS,
      kind: KIND,
      count: 'number of retransmissions',
      bytes: 'retransmitted bytes of data',
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
  },
  examples: [
    { summary: 'All retransmissions', command: '' },
    { summary: 'Retransmissions of one process, with times', command: '-p 1234 -T' },
    {
      summary: 'Retransmissions to one network, with sequence number and length',
      command: '--remote-addr 10.0.0.0/8 -F +seq,+length',
    },
    { summary: 'Retransmissions that could not be sent, with the kernel stack trace', command: '-x --stack' },
    { summary: 'Counts, every ten seconds', command: '--count -i 10' },
    { summary: 'Timeouts, with the remote address', command: '-o csv -F kind,remote_addr | grep ^rto' },
  ],
  caveats: [
    'Retransmissions that could not be sent are reported since Linux 6.17, and only if the kernel tried to send them: not if there is no route any more, nor if the original is still queued.',
    'A probe that carries new data is not a retransmission. Zero-window probes and keepalives carry no data and are not shown.',
    'A retransmission may have been unnecessary: whether the original arrived is not known here.',
  ],
  overhead:
    'One or two microseconds per retransmission, a few per connection, and a tenth of a microsecond per send or receive.',
});
