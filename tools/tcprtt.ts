import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';

export default defineTool({
  name: 'tcprtt',
  summary: 'show the distribution of TCP round-trip times as a histogram',
  description:
    'Sample the smoothed round-trip time of a TCP connection each time the peer acknowledges data, and show the distribution as a histogram: for all connections together, or grouped by address, port or process. The kernel derives its retransmission timeout from the smoothed round-trip time.',
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
  features: ['owners', 'sockets'],
  fields: {
    pid: 'process that owns the connections; 0 if unknown',
    comm: 'name of that process',
    local_addr: 'local address; an IPv4-mapped address of an IPv6 socket is shown as IPv4',
    local_port: 'local port',
    remote_addr: 'remote address',
    remote_port: 'remote port',
    ...MPTCP_FIELDS,
    srtt: 'histogram of the smoothed round-trip times: number of samples in each bucket, from one power of two of nanoseconds up to the next',
    srtt_count: 'number of samples',
    srtt_average: 'average of the samples, in nanoseconds in JSON; absent if there are none',
  },
  flags: {
    'by-process': { summary: 'group by process', sets: 'by_process', fields: ['pid', 'comm'] },
    'by-local-addr': { summary: 'group by local address', sets: 'by_local_addr', fields: ['local_addr'] },
    'by-local-port': {
      summary: 'group by local port (for servers)',
      sets: 'by_local_port',
      fields: ['local_port'],
    },
    'by-remote-addr': {
      summary: 'group by remote address',
      sets: 'by_remote_addr',
      fields: ['remote_addr'],
    },
    'by-remote-port': {
      summary: 'group by remote port',
      sets: 'by_remote_port',
      fields: ['remote_port'],
    },
    'by-mptcp': { summary: 'separate MPTCP subflows from plain TCP', sets: 'by_mptcp', fields: ['mptcp'] },
  },
  tally: {
    sort: 'srtt_count',
    metrics: {
      srtt: {
        name: 'snoopkit.tcp.rtt',
        description: 'Smoothed round-trip time of TCP connections, sampled each time data is acknowledged',
      },
    },
  },
  hooks: {
    acknowledgements: { ways: [{ programs: ['handle_probe'] }] },
    states: { ways: [{ programs: ['handle_state'] }] },
  },
  examples: [
    { summary: 'All connections together, until Ctrl-C', command: '' },
    { summary: 'By remote address, every five seconds', command: '--by-remote-addr -i 5' },
    {
      summary: 'The three remote addresses with the highest average',
      command: '--by-remote-addr --sort srtt_average --rows 3 -d 10',
    },
    { summary: 'Clients of a web server', command: '--local-port 443 -d 60' },
    { summary: 'Connections of a command', command: '-f -- curl -s https://example.org' },
    { summary: 'Histogram buckets, as JSON', command: '<%= config.bin %> tcprtt -d 10 --json | jq .srtt.buckets' },
  ],
  caveats: [
    'A sample is the smoothed round-trip time before the arriving ACK updates it. The smoothed time follows a change in the network within about ten ACKs.',
    'Each acknowledgment of data is one sample, so busy connections weigh more.',
    'The delay before the peer sends an ACK, which may be 40 ms, is included.',
    'Data acknowledged after the first FIN is not seen.',
    'Each report has room for 4,096 rows; samples that find no room are reported as lost.',
  ],
  overhead: 'Less than a microsecond per received segment, and a tenth of a microsecond per send or receive.',
});
