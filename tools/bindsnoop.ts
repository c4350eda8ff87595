import { defineTool } from '../src/trace/define-tool.js';
import { OPTION_FIELDS } from '../src/trace/features/sockets/fields.js';

export default defineTool({
  name: 'bindsnoop',
  summary: 'trace bind(2): addresses and ports bound, and failures',
  description:
    'Report each bind(2) on an IPv4 or IPv6 socket when the call returns: the address and port that the socket got, including a port chosen by the kernel, or the error if the call failed.',
  event: { struct: 'bindsnoop_event', name: 'bind' },
  columns: ['pid', 'comm', 'proto', 'ret', 'local', 'options'],
  features: ['sockets'],
  fields: {
    ...OPTION_FIELDS,
    local_addr: 'local address after the call; for a failed call, the requested one',
    local_port: 'local port after the call, including one chosen by the kernel; for a failed call, the requested one',
    asked_addr: 'requested address',
    asked_port: 'requested port; 0 lets the kernel choose',
    asked: 'requested address and port together; all zeros if the call passed no address valid for the socket',
    ret: 'return value: 0, or the error as a name in a table and a negative number in JSON',
    error: 'error name; absent on success',
    ifindex: 'index of the network device that the socket is bound to; 0 if none',
    interface: 'name of that device; empty if none',
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
            'also sees binds by the kernel, io_uring and 32-bit programs; misses binds refused by a security module; MPTCP appears as TCP or not at all',
        },
        {
          programs: ['handle_inet_return'],
          optional: ['handle_inet6_return'],
          caveat: 'misses binds refused by a security module and, on some kernels, MPTCP',
        },
      ],
    },
  },
  examples: [
    { summary: 'All binds', command: '' },
    { summary: 'Failed binds, with the error', command: '-x' },
    { summary: 'Processes that bind port 80 or 443', command: '--local-port 80,443' },
    {
      summary: 'Binds of a server, with the requested address and the network device',
      command: '-F +asked,+interface -- nginx',
    },
    {
      summary: 'Ports chosen by the kernel',
      command: `<%= config.bin %> bindsnoop --json | jq 'select(.asked_port == 0)'`,
    },
  ],
  caveats: [
    'A socket can also get a port without bind(2): from connect(2), listen(2) or the first datagram that it sends.',
    'With BIND_ADDRESS_NO_PORT the kernel chooses a port only when the socket connects, so the port shown is 0.',
    'The kernel sets V6ONLY when it binds an IPv6 socket to an address that is neither [::] nor IPv4-mapped.',
    'Binds through io_uring or by 32-bit programs are not seen, as they do not use this system call.',
    'Sockets of other address families, such as AF_UNIX and AF_NETLINK, are not shown.',
    'A call on a descriptor that is not a socket fails before there is anything to show. A call is also missed if another thread closes the descriptor at the same time.',
  ],
  overhead: 'One event per bind, about two microseconds each: negligible.',
});
