import { toggle } from '../../flags/flag.js';
import { defineFeature } from '../feature.js';

/** Names of addresses, from DNS answers. */
export const feature = defineFeature({
  needs: ['filter', 'sockets'],
  manual: { title: 'NETWORK TOOLS' },
  programs: ['dns_send', 'dns_sendto', 'dns_sendmsg', 'dns_sendmmsg', 'dns_receive', 'dns_recvfrom', 'dns_recvmsg'],
  flags: {
    dns: toggle({
      group: 'OUTPUT',
      summary: 'show names instead of addresses, from the DNS answers that traced processes receive; see CAVEATS',
    }),
  },
  caveats: [
    'With --dns, names come from the answers that name servers give to queries of traced processes over UDP, and nothing authenticates them. Anyone who can start a process in a network namespace can have it receive any name for an address; that name is then shown for connections of other processes there that received none themselves. Where it matters, rely on the address.',
    'The name shown is the last one received before the event, not before the connection began. Names received before tracing, over TCP or TLS, or with read(2) and write(2) before Linux 6.3, are unknown.',
  ],
});
