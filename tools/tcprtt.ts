import { defineTool } from '../src/cli/define-tool.js';
import { MPTCP_FIELDS, OWNER_CAVEATS } from '../src/cli/shared-fields.js';
import { OWNER_HOOKS } from '../src/cli/socket-hooks.js';

export default defineTool({
  name: 'tcprtt',
  summary: 'how the round-trip times of TCP connections are spread, as a histogram',
  description:
    'Takes note of the round-trip time of a TCP connection whenever the other end acknowledges data, and shows how these times are spread: of all connections together, or apart by address, port or process. It is the smoothed time, which the kernel goes by when it decides to send again.',
  event: { struct: 'tcprtt_row', name: 'tcp_rtt' },
  columns: [
    'pid',
    'comm',
    'local_addr',
    'local_port',
    'remote_addr',
    'remote_port',
    'mptcp',
    'srtt_count',
    'srtt_average',
    'srtt',
  ],
  sockets: true,
  fields: {
    pid: 'process that the connections belong to; 0 where it is not known',
    comm: 'name of that process',
    local_addr: 'address of our end; IPv4 also where an IPv6 socket has it mapped',
    local_port: 'port of our end',
    remote_addr: 'address of the other end',
    remote_port: 'port of the other end',
    ...MPTCP_FIELDS,
    srtt: 'the smoothed round-trip times: how many there were from each power of two of nanoseconds up to the next',
    srtt_count: 'how many there were',
    srtt_average: 'their average: nanoseconds in JSON; not there where there was none',
  },
  flags: {
    'by-process': { summary: 'apart for each process', sets: 'by_process', fields: ['pid', 'comm'] },
    'by-local-addr': { summary: 'apart for each address of ours', sets: 'by_local_addr', fields: ['local_addr'] },
    'by-local-port': {
      summary: 'apart for each port of ours: for servers',
      sets: 'by_local_port',
      fields: ['local_port'],
    },
    'by-remote-addr': {
      summary: 'apart for each address of the other end',
      sets: 'by_remote_addr',
      fields: ['remote_addr'],
    },
    'by-remote-port': {
      summary: 'apart for each port of the other end',
      sets: 'by_remote_port',
      fields: ['remote_port'],
    },
    'by-mptcp': { summary: 'apart for subflows of MPTCP and plain TCP', sets: 'by_mptcp', fields: ['mptcp'] },
  },
  tally: {
    sort: 'srtt_count',
    metrics: {
      srtt: {
        name: 'snoopkit.tcp.rtt',
        description: 'Smoothed round-trip times of TCP connections, each time that data is acknowledged',
      },
    },
  },
  hooks: {
    acknowledgements: { ways: [{ programs: ['handle_probe'] }] },
    states: { ways: [{ programs: ['handle_state'] }] },
    ...OWNER_HOOKS,
  },
  examples: [
    { summary: 'All connections together, until Ctrl-C', command: '' },
    { summary: 'For each machine that is talked to, every five seconds', command: '--by-remote-addr -i 5' },
    { summary: 'The three worst of them on average', command: '--by-remote-addr --sort srtt_average --rows 3 -d 10' },
    { summary: 'What the clients of a web server have', command: '--local-port 443 -d 60' },
    { summary: 'The network that a command has', command: '-f -- curl -s https://example.org' },
    { summary: 'The buckets, as JSON', command: '<%= config.bin %> tcprtt -d 10 --json | jq .srtt.buckets' },
  ],
  caveats: [
    'The time is the one that stands when an acknowledgement comes, before that one changes it: the smoothed time follows a change in the network within some ten acknowledgements.',
    'A connection counts as often as its data is acknowledged: a busy one weighs more.',
    'What the other end takes until it acknowledges, which may be 40 ms, is part of it.',
    'What is acknowledged after the first FIN is not seen.',
    'There is room for 4,096 rows in each report; what finds none is told as lost.',
    ...OWNER_CAVEATS,
  ],
  overhead:
    'Less than a microsecond for each segment that comes; and a tenth of one for each time that something is sent or received.',
});
