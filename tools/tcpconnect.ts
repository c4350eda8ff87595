import { defineTool } from '../src/cli/define-tool.js';
import { MPTCP_FIELDS, OWNER_CAVEATS, REMOTE_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';

const OUTCOME =
  'established; refused, timed_out, unreachable, reset; interrupted, where a signal ended the wait and the socket was closed; closed, while the attempt was under way; failed, for all else';

import { CLIENT_ATTRIBUTES, TCP } from '../src/cli/shared-attributes.js';

export default defineTool({
  name: 'tcpconnect',
  summary: 'trace TCP connects: who connects where, what came of it, and how long that took',
  description:
    'Shows each attempt to connect when its outcome is there: established, refused, timed out, unreachable, or given up; of blocking and of non-blocking sockets alike. With the latency it is what tcpconnlat was, too.',
  event: { struct: 'tcpconnect_event', name: 'tcp_connect' },
  columns: ['pid', 'comm', 'outcome', 'latency', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    outcome: `${OUTCOME}: ret says why`,
    ret: 'what connect(2) returned, or would return: 0, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when it was established",
    latency: 'from the first SYN to the outcome: nanoseconds in JSON; not there where no SYN was sent',
  },
  flags: {
    count: {
      summary: 'in place of each attempt, how many there were, by process name, destination and outcome',
      sets: 'want_counts',
    },
    'min-latency': {
      takes: 'duration',
      summary: 'only attempts that took at least so long: 5 (seconds), 500ms',
      sets: 'min_latency',
    },
  },
  tally: {
    metrics: {
      count: { name: 'snoopkit.tcp.connects', unit: '{connection}', description: 'Attempts to connect over TCP' },
    },
    flag: 'count',
    event: { struct: 'tcpconnect_count', name: 'tcp_connect_count' },
    columns: ['count', 'comm', 'outcome', 'remote'],
    fields: {
      comm: 'name of the process that connected',
      ...REMOTE_FIELDS,
      outcome: OUTCOME,
      count: 'how many there were',
    },
    sort: 'count',
    sums: ['count'],
  },
  otlp: { event: 'tcp.connect', attributes: CLIENT_ATTRIBUTES, constants: TCP },
  hooks: {
    outcomes: { ways: [{ programs: ['handle_state'] }] },
    failures: {
      ways: [{ programs: ['enter_connect', 'handle_connect'] }],
      without: 'attempts that fail at once, without a route for example, are not seen',
    },
    ...OWNER_HOOKS,
  },
  examples: [
    { summary: 'All attempts', command: '' },
    { summary: 'Those that fail, with the error', command: '-x -F +error' },
    { summary: 'Those that take more than 100 ms', command: '--min-latency 100ms' },
    { summary: 'What a command connects to', command: '-f -- curl https://example.org' },
    { summary: 'By name, where names are asked for meanwhile', command: '--dns' },
    { summary: 'Where to, and how often, every ten seconds', command: '--count -i 10' },
    { summary: 'To a network, as JSON', command: '--remote-addr 10.0.0.0/8 --json' },
  ],
  caveats: [
    'The latency is that of the handshake, as this machine sees it: not of the name lookup before it, nor of the server.',
    'What is still under way when tracing ends is not shown.',
    'For 32-bit programs, and by io_uring, attempts that fail at once are not seen, but for those that find no local port: EADDRNOTAVAIL.',
    'Where to, of an attempt that fails at once, is what connect(2) was given, zeros where the kernel takes that for no address. To ask again for what is under way or done (EALREADY, EISCONN) is no attempt, unless it is for another place.',
    ...OWNER_CAVEATS,
  ],
  overhead:
    'Some microseconds for each connection; and a tenth of one for each time that something is sent or received.',
});
