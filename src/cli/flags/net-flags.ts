import * as Flags from '@oclif/core/flags';

/** oclif accepts a digit as a short flag; its types do not. */
const digit = (value: '4' | '6') => value as unknown as 'P';

const helpGroup = 'FILTER';
const ports = (options: { char?: 'P'; summary: string }) =>
  Flags.string({ ...options, helpValue: 'PORT', multiple: true, helpGroup });
const networks = (summary: string) => Flags.string({ summary, helpValue: 'CIDR', multiple: true, helpGroup });

/** Flags of the network tools, in addition to those of every tool. */
export const netFlags = {
  port: ports({ char: 'P', summary: 'only these local or remote ports' }),
  'local-port': ports({ summary: 'only these local ports' }),
  'remote-port': ports({ summary: 'only these remote ports' }),
  addr: networks('only these local or remote addresses or networks, such as 10.0.0.0/8'),
  'local-addr': networks('only these local addresses or networks'),
  'remote-addr': networks('only these remote addresses or networks'),
  ipv4: Flags.boolean({
    char: digit('4'),
    helpGroup,
    exclusive: ['ipv6'],
    summary: 'only IPv4, including IPv4 over IPv6 sockets',
  }),
  ipv6: Flags.boolean({ char: digit('6'), helpGroup, exclusive: ['ipv4'], summary: 'only IPv6' }),
  dns: Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'show names instead of addresses, from the DNS answers that traced processes receive; see CAVEATS',
  }),
};
