import { defineTool } from '../src/cli/define-tool.js';
import { ROLE_ATTRIBUTES, TCP } from '../src/cli/shared-attributes.js';
import { MPTCP_FIELDS, OWNER_CAVEATS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';

export default defineTool({
  name: 'tcplife',
  summary: 'one record for each TCP connection, at its end: who, with whom, how long, how much',
  description:
    'Shows each TCP connection as it ends: the process, both ends, how long it lasted, how many bytes went each way, what had to be sent again, the round-trip time, and how it ended: in order, by a reset, or since nobody answered.',
  event: { struct: 'tcplife_event', name: 'tcp_life' },
  columns: ['pid', 'comm', 'duration', 'sent', 'received', 'local_port', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    role: 'client, where it connected; server, where it was connected to; unknown where that was before tracing',
    close: 'fin, in order; rst, reset by one end; timeout, when the other end did not answer any more',
    closed_by: 'who was the first to send a FIN, or who reset it: us or peer',
    retransmits: 'segments that were sent again',
    retransmitted: 'bytes of data that were sent again',
    duration:
      'from the first SYN, or from the end of the handshake at a server: nanoseconds in JSON; not there where that was before tracing',
    sent: 'bytes of data that were sent, each counted once, however often it had to be tried',
    received: 'bytes of data that came, in order',
    srtt: 'the smoothed round-trip time, in nanoseconds in JSON; not there where none was measured',
  },
  flags: {
    'min-duration': {
      takes: 'duration',
      summary: 'only connections that lasted at least so long: 5 (seconds), 500ms, 2m, 1h',
      sets: 'min_duration',
    },
    subflows: {
      summary: 'also a record for each subflow of MPTCP, beside that of its connection',
      sets: 'want_subflows',
    },
  },
  otlp: { event: 'tcp.session', spans: 'connections', attributes: ROLE_ATTRIBUTES, constants: TCP },
  hooks: { states: { ways: [{ programs: ['handle_state'] }] }, ...OWNER_HOOKS },
  examples: [
    { summary: 'All connections that end', command: '' },
    { summary: 'Those of a command and its children', command: '-f -- curl https://example.org' },
    { summary: 'Those that were reset or timed out', command: '-x -F +close,+closed_by' },
    { summary: 'To a database, longer than a second', command: '--remote-port 5432 --min-duration 1' },
    {
      summary: 'Bytes each way, by program',
      command: `<%= config.bin %> tcplife --json | jq -c '[.comm, .sent, .received]'`,
    },
  ],
  caveats: [
    'A connection ends here when the kernel gives its socket up, at the beginning of TIME_WAIT; one that still is there when tracing ends is not shown.',
    'Connections that never were established are those of tcpconnect.',
    'Bytes are those of TCP: with TLS more than the programs wrote.',
    'A connection of MPTCP is one record; before Linux 6.6 its bytes are those of its subflows together, with what went over two of them.',
    ...OWNER_CAVEATS,
  ],
  overhead:
    'Some microseconds for each connection; and a tenth of a microsecond for each time that something is sent or received.',
});
