import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { TCP } from '../src/trace/features/sockets/attributes.js';

export default defineTool({
  name: 'tcpstates',
  summary: 'trace TCP state changes and the time spent in each state',
  description:
    'Report each state change of each TCP socket, and how long the socket was in the previous state: connections stuck in CLOSE_WAIT, slow handshakes, servers that start and stop listening.',
  event: { struct: 'tcpstates_event', name: 'tcp_state' },
  columns: ['pid', 'comm', 'from', 'to', 'lasted', 'local_port', 'remote'],
  features: ['owners', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    from: 'previous state, such as ESTABLISHED: tcp(7)',
    to: 'new state',
    lasted: 'time spent in the previous state, in nanoseconds in JSON; absent if that state began before tracing',
  },
  otlp: {
    event: 'tcp.state_change',
    attributes: {
      to: { name: 'network.connection.state', as: 'tcp_state' },
      from: { name: 'snoopkit.tcp.connection.previous_state', as: 'tcp_state' },
    },
    constants: TCP,
  },
  hooks: { states: { ways: [{ programs: ['handle_state'] }] } },
  examples: [
    { summary: 'All state changes', command: '' },
    { summary: 'Connections to a database', command: '--remote-port 5432' },
    {
      summary: 'Programs that leave connections in CLOSE_WAIT, and for how long',
      command: '| grep "CLOSE_WAIT *LAST_ACK"',
    },
    {
      summary: 'States that lasted more than a second',
      command: `<%= config.bin %> tcpstates --json | jq -c 'select(.lasted > 1e9)'`,
    },
  ],
  caveats: [
    'The change to SYN_RECV is shown only with the next change: before that the kernel has no addresses for the connection.',
    'In TIME_WAIT the kernel no longer has a socket: the change to it is shown as CLOSE.',
  ],
  overhead:
    'One or two microseconds per change, about ten changes per connection with both its ends, and a tenth of a microsecond per send or receive.',
});
