import { list, toggle } from '../../flags/flag.js';
import { defineFeature } from '../feature.js';
import { parseNetworks, parsePorts } from './endpoints.js';
import { SOCKET_FIELDS } from './fields.js';

const group = 'FILTER';
const ports = (summary: string) => list({ group, value: 'PORT', summary, parse: parsePorts });
const networks = (summary: string) => list({ group, value: 'CIDR', summary, parse: parseNetworks });

/** Sockets: both endpoints, and the filters for them. */
export const feature = defineFeature({
  needs: ['filter', 'dns'],
  manual: { title: 'NETWORK TOOLS', text: 'CAVEATS are in the page of the tool.' },
  flags: {
    port: { ...ports('only these local or remote ports'), char: 'P' },
    'local-port': ports('only these local ports'),
    'remote-port': ports('only these remote ports'),
    addr: networks('only these local or remote addresses or networks, such as 10.0.0.0/8'),
    'local-addr': networks('only these local addresses or networks'),
    'remote-addr': networks('only these remote addresses or networks'),
    ipv4: toggle({
      group,
      char: '4',
      exclusive: ['ipv6'],
      summary: 'only IPv4, including IPv4 over IPv6 sockets',
    }),
    ipv6: toggle({ group, char: '6', exclusive: ['ipv4'], summary: 'only IPv6' }),
  },
  fields: SOCKET_FIELDS,
  // Events of a socket may come after its process has ended.
  lingersMs: 1000,
});
