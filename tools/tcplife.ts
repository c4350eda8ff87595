import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { ROLE_ATTRIBUTES, TCP } from '../src/trace/features/sockets/attributes.js';

export default defineTool({
  name: 'tcplife',
  summary: 'summarize TCP connections as they end: peer, duration, bytes',
  description:
    'Report each TCP connection when it ends: the process, both endpoints, the duration, bytes sent and received, retransmissions, round-trip time, and how it ended: normally, by a reset, or because the peer stopped responding.',
  event: { struct: 'tcplife_event', name: 'tcp_life' },
  columns: ['pid', 'comm', 'duration', 'sent', 'received', 'local_port', 'remote'],
  features: ['owners', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    role: 'client if the process connected, server if the peer did; unknown if that was before tracing',
    close: 'how the connection ended: fin (normally), rst (reset by one end) or timeout (the peer stopped responding)',
    closed_by: 'end that sent the first FIN, or that reset the connection: us or peer; us after a timeout',
    retransmits: 'retransmitted segments',
    retransmitted: 'retransmitted bytes of data',
    duration:
      'time since the first SYN, or on a server since the end of the handshake, in nanoseconds in JSON; absent if that was before tracing',
    sent: 'bytes of data sent, each counted once regardless of retransmissions',
    received: 'bytes of data received in order',
    srtt: 'smoothed round-trip time, in nanoseconds in JSON; absent if none was measured',
  },
  flags: {
    'min-duration': {
      takes: 'duration',
      summary: 'only connections that lasted at least this long: 5 (seconds), 500ms, 2m, 1h',
      sets: 'min_duration',
    },
    subflows: {
      summary: 'show each MPTCP subflow in addition to its connection',
      sets: 'want_subflows',
    },
  },
  otlp: { event: 'tcp.session', spans: 'connections', attributes: ROLE_ATTRIBUTES, constants: TCP },
  hooks: { states: { ways: [{ programs: ['handle_state'] }] } },
  examples: [
    { summary: 'All connections as they end', command: '' },
    { summary: 'Connections of a command and its descendants', command: '-f -- curl https://example.org' },
    { summary: 'Connections that were reset or timed out', command: '-x -F +close,+closed_by' },
    {
      summary: 'Connections to a database that lasted at least a second',
      command: '--remote-port 5432 --min-duration 1',
    },
    {
      summary: 'Bytes in each direction, by program',
      command: `<%= config.bin %> tcplife --json | jq -c '[.comm, .sent, .received]'`,
    },
  ],
  caveats: [
    'A connection ends when the kernel releases its socket, at the start of TIME_WAIT. Connections still open when tracing ends are not shown.',
    'Connections that were never established are not shown; use tcpconnect.',
    'Bytes are counted at the TCP level: with TLS there are more than the programs wrote.',
    'An MPTCP connection is one event. Before Linux 6.6 its byte counts are the sum of its subflows, including data that went over two of them, and window probes.',
  ],
  overhead: 'A few microseconds per connection, and a tenth of a microsecond per send or receive.',
});
