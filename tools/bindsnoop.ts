import { defineTool } from '../src/cli/define-tool.js';
import { OPTION_FIELDS, SOCKET_FIELDS } from '../src/cli/shared-fields.js';

export default defineTool({
  name: 'bindsnoop',
  summary: 'trace bind(2): who takes which address and port, or fails to',
  description:
    'Shows each bind(2) of an IPv4 or IPv6 socket as it ends: the address and port that the socket has got, also where the kernel was to choose the port, and who is refused one, and why.',
  event: { struct: 'bindsnoop_event', name: 'bind' },
  columns: ['pid', 'comm', 'proto', 'ret', 'local', 'options'],
  sockets: true,
  fields: {
    ...SOCKET_FIELDS,
    ...OPTION_FIELDS,
    local_addr: 'address that the socket has now; where the call failed, the one that it was to have',
    local_port:
      'port that the socket has now, also where the kernel chose it; where the call failed, the one asked for',
    asked_addr: 'address that was asked for',
    asked_port: 'port that was asked for: 0 where the kernel was to choose',
    asked: 'both, for people; all zeros where the call gave no address that such a socket can have',
    ret: 'what the call returned: 0, or the error: its name in a table, a negative number in JSON',
    error: "the error's name; not there when the call succeeded",
    ifindex: 'index of the network device that the socket is bound to; 0 for none',
    interface: 'name of that device; empty for none',
  },
  otlp: { event: 'socket.bind', attributes: { proto: 'network.transport' } },
  hooks: {
    binds: {
      ways: [
        { programs: ['handle_call'] },
        {
          programs: ['handle_inet'],
          optional: ['handle_inet6'],
          caveat:
            'what the kernel, io_uring and 32-bit programs bind is seen, too; what a security module refuses is not, and MPTCP is seen as TCP, or not at all',
        },
        {
          programs: ['handle_inet_return'],
          optional: ['handle_inet6_return'],
          caveat: 'what a security module refuses is not seen, nor is MPTCP on every kernel',
        },
      ],
    },
  },
  examples: [
    { summary: 'All binds', command: '' },
    { summary: 'Who fails to get a port, and why', command: '-x' },
    { summary: 'Who takes port 443 or 80', command: '--local-port 80,443' },
    { summary: 'What a server binds, with the device that it is bound to', command: '-F +asked,+interface -- nginx' },
    {
      summary: 'Ports that the kernel chose',
      command: `<%= config.bin %> bindsnoop --json | jq 'select(.asked_port == 0)'`,
    },
  ],
  caveats: [
    'A socket gets a port without any bind(2), too: by connect(2), by listen(2), or with the first datagram that it sends.',
    'With BIND_ADDRESS_NO_PORT a port is chosen only when the socket connects: it is 0 here.',
    'The kernel sets V6ONLY when it binds an IPv6 socket to an address that is neither [::] nor a mapped one.',
    'What is bound through io_uring is not seen, nor what 32-bit programs bind: no such call is made.',
    'Sockets of other families, such as AF_UNIX and AF_NETLINK, are not shown.',
    'A call whose descriptor is no socket fails before there is anything to show. Should another thread close the descriptor at the same time, the call is not shown.',
  ],
  overhead: 'One event for each bind, about two microseconds each: not to be noticed.',
});
