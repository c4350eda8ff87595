import { defineTool } from '../src/cli/define-tool.js';
import { SERVER_ATTRIBUTES, TCP } from '../src/cli/shared-attributes.js';
import { MPTCP_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';

export default defineTool({
  name: 'tcpaccept',
  summary: 'trace TCP accepts: which process accepts which connection, and how many still wait',
  description:
    'Shows each connection as a process accepts it, with how many more wait to be accepted and how many may; and each accept(2) that fails, with why, such as EMFILE.',
  event: { struct: 'tcpaccept_event', name: 'tcp_accept' },
  columns: ['pid', 'comm', 'waiting', 'backlog', 'ret', 'local_port', 'remote'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...MPTCP_FIELDS,
    ret: 'what accept(2) returned: a file descriptor, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    waiting: 'connections that still wait to be accepted',
    backlog: 'how many may wait: listen(2), net.core.somaxconn; when one more waits new connections are dropped',
  },
  otlp: { event: 'tcp.accept', attributes: SERVER_ATTRIBUTES, constants: TCP },
  hooks: { accepts: { ways: [{ programs: ['handle_accept', 'handle_accept4'] }] } },
  examples: [
    { summary: 'All connections that are accepted', command: '' },
    { summary: 'Those of a web server', command: '-n nginx --local-port 80,443' },
    { summary: 'Accepts that fail, with the error', command: '-x' },
    {
      summary: 'When a queue is more than half full',
      command: `<%= config.bin %> tcpaccept --json | jq -c 'select(.waiting > .backlog/2)'`,
    },
  ],
  caveats: [
    'Where a call failed the ends are those of the listening socket.',
    'That there was nothing to accept (EAGAIN), or that a signal came (EINTR), is not shown.',
    'Connections that io_uring or 32-bit programs accept are not seen.',
  ],
  overhead: 'About a microsecond for each connection.',
});
