import { defineTool } from '../src/trace/define-tool.js';
import { MPTCP_FIELDS } from '../src/trace/features/mptcp/feature.js';
import { SERVER_ATTRIBUTES, TCP } from '../src/trace/features/sockets/attributes.js';

export default defineTool({
  name: 'tcpaccept',
  summary: 'trace accepted TCP connections and accept queue lengths',
  description:
    'Report each TCP connection that a process accepts, with the length and limit of the accept queue, and each accept(2) that fails, with the error, such as EMFILE.',
  event: { struct: 'tcpaccept_event', name: 'tcp_accept' },
  columns: ['pid', 'comm', 'waiting', 'backlog', 'ret', 'local_port', 'remote'],
  features: ['mptcp', 'sockets'],
  fields: {
    ...MPTCP_FIELDS,
    ret: 'return value of accept(2): a file descriptor, or the error as a name in a table and a negative number in JSON',
    error: 'error name; absent on success',
    waiting: 'connections still in the accept queue',
    backlog:
      'limit of the accept queue, from listen(2) and net.core.somaxconn; once one more than that waits, new connections are dropped',
  },
  otlp: { event: 'tcp.accept', attributes: SERVER_ATTRIBUTES, constants: TCP },
  hooks: { accepts: { ways: [{ programs: ['handle_accept', 'handle_accept4'] }] } },
  examples: [
    { summary: 'All accepted connections', command: '' },
    { summary: 'Connections of a web server', command: '-n nginx --local-port 80,443' },
    { summary: 'Failed accepts, with the error', command: '-x' },
    {
      summary: 'Accepts from queues more than half full',
      command: `<%= config.bin %> tcpaccept --json | jq -c 'select(.waiting > .backlog/2)'`,
    },
  ],
  caveats: [
    'For a failed call, the endpoints are those of the listening socket.',
    'Calls that found nothing to accept (EAGAIN) or were interrupted by a signal (EINTR) are not shown.',
    'Connections accepted through io_uring or by 32-bit programs are not seen.',
  ],
  overhead: 'About a microsecond per connection.',
});
