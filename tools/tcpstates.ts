import { defineTool } from '../src/cli/define-tool.js';
import { TCP } from '../src/cli/shared-attributes.js';
import { MPTCP_FIELDS, OWNER_CAVEATS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';

export default defineTool({
  name: 'tcpstates',
  summary: 'trace TCP connections from state to state, and how long each state lasted',
  description:
    'Shows each change of state of each TCP socket, and how long the state before it lasted: connections that hang in CLOSE_WAIT, handshakes that take long, servers that begin and cease to listen.',
  event: { struct: 'tcpstates_event', name: 'tcp_state' },
  columns: ['pid', 'comm', 'from', 'to', 'lasted', 'local_port', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    from: 'the state before, such as ESTABLISHED: tcp(7)',
    to: 'the state from now on',
    lasted: 'how long it was in the state before; not there where that began before tracing',
  },
  otlp: {
    event: 'tcp.state_change',
    attributes: {
      to: { name: 'network.connection.state', as: 'tcp_state' },
      from: { name: 'snoopkit.tcp.connection.previous_state', as: 'tcp_state' },
    },
    constants: TCP,
  },
  hooks: { states: { ways: [{ programs: ['handle_state'] }] }, ...OWNER_HOOKS },
  examples: [
    { summary: 'All changes', command: '' },
    { summary: 'Those of connections to a database', command: '--remote-port 5432' },
    {
      summary: 'Which program leaves connections in CLOSE_WAIT, and how long',
      command: '| grep "CLOSE_WAIT *LAST_ACK"',
    },
    {
      summary: 'States that lasted more than a second',
      command: `<%= config.bin %> tcpstates --json | jq -c 'select(.lasted > 1e9)'`,
    },
  ],
  caveats: [
    'That a connection comes into the state SYN_RECV is told with its next change: before that the kernel has no addresses for it.',
    'With TIME_WAIT the kernel has no socket any more: what goes there is shown as CLOSE.',
    ...OWNER_CAVEATS,
  ],
  overhead:
    'One or two microseconds for each change, some ten of them for each connection at both its ends; and a tenth of a microsecond for each time that something is sent or received.',
});
