import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { CLIENT_ATTRIBUTES, TCP } from '../src/trace/features/sockets/attributes.js';
import { REMOTE_FIELDS } from '../src/trace/features/sockets/fields.js';

const OUTCOME =
  'established; refused, timed_out, unreachable or reset; interrupted (a signal ended the wait and the socket was closed); closed (during the attempt); failed (any other error)';

export default defineTool({
  name: 'tcpconnect',
  summary: 'trace TCP connection attempts: peer, outcome and latency',
  description:
    'Report each TCP connection attempt once its outcome is known: established, refused, timed out, unreachable or abandoned, for blocking and non-blocking sockets alike. Its latency column covers what tcpconnlat shows.',
  event: { struct: 'tcpconnect_event', name: 'tcp_connect' },
  columns: ['pid', 'comm', 'outcome', 'latency', 'remote'],
  features: ['owners', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    outcome: `${OUTCOME}; ret has the error`,
    ret: 'return value of connect(2), or what it would have returned: 0, or the error as a name in a table and a negative number in JSON',
    error: 'error name; absent if the connection was established',
    latency: 'time from the first SYN to the outcome, in nanoseconds in JSON; absent if no SYN was sent',
  },
  flags: {
    count: {
      summary: 'show aggregated counts by process name, destination and outcome instead of events',
      sets: 'want_counts',
    },
    'min-latency': {
      takes: 'duration',
      summary: 'only attempts that took at least this long: 5 (seconds), 500ms',
      sets: 'min_latency',
    },
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.connects', unit: '{connection}', description: 'TCP connection attempts' },
    },
    flag: 'count',
    event: { struct: 'tcpconnect_count', name: 'tcp_connect_count' },
    columns: ['count', 'comm', 'outcome', 'remote'],
    fields: {
      comm: 'name of the connecting process',
      ...REMOTE_FIELDS,
      outcome: OUTCOME,
      count: 'number of attempts',
    },
    sort: 'count',
    sums: ['count'],
  },
  otlp: { event: 'tcp.connect', attributes: CLIENT_ATTRIBUTES, constants: TCP },
  hooks: {
    outcomes: { ways: [{ programs: ['handle_state'] }] },
    failures: {
      ways: [{ programs: ['enter_connect', 'handle_connect'] }],
      without: 'attempts that fail immediately, for example for lack of a route, are not seen',
    },
  },
  examples: [
    { summary: 'All attempts', command: '' },
    { summary: 'Failed attempts, with the error', command: '-x -F +error' },
    { summary: 'Attempts that take at least 100 ms', command: '--min-latency 100ms' },
    { summary: 'Connections made by a command', command: '-f -- curl https://example.org' },
    { summary: 'Destinations by name, as resolved while tracing', command: '--dns' },
    { summary: 'Counts by destination, every ten seconds', command: '--count -i 10' },
    { summary: 'Attempts to reach one network, as JSON', command: '--remote-addr 10.0.0.0/8 --json' },
  ],
  caveats: [
    'The latency is that of the TCP handshake as seen on this machine. It includes neither the name lookup before it nor the response time of the server.',
    'Attempts still in progress when tracing ends are not shown.',
    'Immediate failures of 32-bit programs and io_uring are not seen, except those for lack of a local port (EADDRNOTAVAIL).',
    'For an attempt that fails immediately, the destination is the address passed to connect(2), or zeros if the kernel does not accept it as an address. Another connect(2) on a socket that is connecting or connected (EALREADY, EISCONN) is not an attempt, unless its destination differs.',
  ],
  overhead: 'A few microseconds per connection, and a tenth of a microsecond per send or receive.',
});
