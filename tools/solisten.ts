import { defineTool } from '../src/cli/define-tool.js';
import { OPTION_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';

export default defineTool({
  name: 'solisten',
  summary: 'trace listen(2): who waits for connections, where, and how many can wait',
  description:
    'Shows each listen(2) of an IPv4 or IPv6 socket as it ends: where it listens from now on, how many connections may wait to be accepted, which is not always what was asked for, or why it failed.',
  event: { struct: 'solisten_event', name: 'listen' },
  columns: ['pid', 'comm', 'proto', 'ret', 'backlog', 'asked_backlog', 'local'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...OPTION_FIELDS,
    ret: 'what the call returned: 0, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    asked_backlog: 'the backlog that was asked for; the kernel takes a negative one for as many as it allows',
    backlog:
      'the one in force: how many connections may wait to be accepted, at most net.core.somaxconn; 0 when the call failed',
  },
  otlp: { event: 'socket.listen', attributes: { proto: 'network.transport' } },
  hooks: {
    listens: {
      ways: [
        { programs: ['handle_call'] },
        {
          programs: ['handle_inet'],
          caveat:
            'where the kernel and io_uring listen, and 32-bit programs, is seen, too; what a security module refuses is not, nor are sockets that can never listen, SCTP and MPTCP',
        },
        {
          programs: ['handle_inet_return'],
          caveat: 'what a security module refuses is not seen, nor are sockets that can never listen, SCTP and MPTCP',
        },
      ],
    },
  },
  examples: [
    { summary: 'Whoever begins to listen', command: '' },
    { summary: 'Who fails to, and why', command: '-x' },
    { summary: 'A server as it starts, with the options of its sockets', command: '-f -F +options -- nginx' },
    {
      summary: 'Who gets a smaller backlog than asked for, or fails',
      command: `<%= config.bin %> solisten --json | jq 'select(.backlog < .asked_backlog)'`,
    },
  ],
  caveats: [
    'Who listens already is not shown: ss -ltnp tells. A second listen(2) of the same socket changes its backlog, and is shown.',
    'Where io_uring listens is not seen, nor what 32-bit programs do: no such call is made.',
    'Sockets of other families, such as AF_UNIX, are not shown.',
    'A call whose descriptor is no socket fails before there is anything to show. Should another thread close the descriptor at the same time, the call is not shown.',
  ],
  overhead: 'One event for each call, about two microseconds each: not to be noticed.',
});
