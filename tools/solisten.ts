import { defineTool } from '../src/trace/define-tool.js';
import { OPTION_FIELDS } from '../src/trace/features/sockets/fields.js';

export default defineTool({
  name: 'solisten',
  summary: 'trace listen(2): listening addresses, backlogs and failures',
  description:
    'Report each listen(2) on an IPv4 or IPv6 socket when the call returns: the local endpoint, the backlog in force, which may differ from the one requested, or the error if the call failed.',
  event: { struct: 'solisten_event', name: 'listen' },
  columns: ['pid', 'comm', 'proto', 'ret', 'backlog', 'asked_backlog', 'local'],
  features: ['mptcp', 'sockets'],
  fields: {
    ...OPTION_FIELDS,
    ret: 'return value: 0, or the error as a name in a table and a negative number in JSON',
    error: 'error name; absent on success',
    asked_backlog: 'requested backlog; the kernel treats a negative value as the maximum it allows',
    backlog:
      'backlog in force: connections that may wait to be accepted, at most net.core.somaxconn; 0 if the call failed',
  },
  otlp: { event: 'socket.listen', attributes: { proto: 'network.transport' } },
  hooks: {
    listens: {
      ways: [
        { programs: ['handle_call'] },
        {
          programs: ['handle_inet'],
          caveat:
            'also sees calls by the kernel, io_uring and 32-bit programs; misses calls refused by a security module, sockets that cannot listen, SCTP and MPTCP',
        },
        {
          programs: ['handle_inet_return'],
          caveat: 'misses calls refused by a security module, sockets that cannot listen, SCTP and MPTCP',
        },
      ],
    },
  },
  examples: [
    { summary: 'All new listeners', command: '' },
    { summary: 'Failed calls, with the error', command: '-x' },
    { summary: 'A server at startup, with its socket options', command: '-f -F +options -- nginx' },
    {
      summary: 'Calls that fail or get a smaller backlog than requested',
      command: `<%= config.bin %> solisten --json | jq 'select(.backlog < .asked_backlog)'`,
    },
  ],
  caveats: [
    'Existing listeners are not shown; use ss -ltnp. A second listen(2) on the same socket changes its backlog and is shown.',
    'Calls through io_uring or by 32-bit programs are not seen, as they do not use this system call.',
    'Sockets of other address families, such as AF_UNIX, are not shown.',
    'A call on a descriptor that is not a socket fails before there is anything to show. A call is also missed if another thread closes the descriptor at the same time.',
  ],
  overhead: 'One event per call, about two microseconds each: negligible.',
});
