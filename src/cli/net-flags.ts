import * as Flags from '@oclif/core/flags';

/** oclif takes a digit, too, but for its types. */
const digit = (value: '4' | '6') => value as unknown as 'P';

const helpGroup = 'FILTER';
const ports = (options: { char?: 'P'; summary: string }) =>
  Flags.string({ ...options, helpValue: 'PORT', multiple: true, helpGroup });
const networks = (summary: string) => Flags.string({ summary, helpValue: 'CIDR', multiple: true, helpGroup });

/** The flags of tools that look at sockets, beside those of every tool. */
export const netFlags = {
  port: ports({ char: 'P', summary: 'only these ports, at either end' }),
  'local-port': ports({ summary: 'only these ports at our end' }),
  'remote-port': ports({ summary: 'only these ports at the other end' }),
  addr: networks('only these addresses or networks, such as 10.0.0.0/8, at either end'),
  'local-addr': networks('only these at our end'),
  'remote-addr': networks('only these at the other end'),
  ipv4: Flags.boolean({
    char: digit('4'),
    helpGroup,
    exclusive: ['ipv6'],
    summary: 'only IPv4, by an IPv6 socket too',
  }),
  ipv6: Flags.boolean({ char: digit('6'), helpGroup, exclusive: ['ipv4'], summary: 'only IPv6' }),
  dns: Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'show addresses by their names, from the DNS answers that traced processes receive; see CAVEATS',
  }),
};
