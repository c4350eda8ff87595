/** The programs that forward DNS messages for --dns: bpf/include/dns.h. */
import { tracepointId } from '../../../bpf/tracefs.js';
import { SMALLEST_RING } from '../../ring.js';
import type { Feature } from '../feature.js';

/** Whether the kernel has tracepoints for the bytes that each socket sends and receives: since 6.3. */
const tellsLengths = () => tracepointId('sock', 'sock_recv_length') !== undefined;

/** Programs of bpf/include/dns.h that this kernel can attach; those that see queries come first. */
function dnsPrograms(): readonly string[] {
  const sending = tellsLengths() ? ['dns_send'] : ['dns_sendto', 'dns_sendmsg'];
  const receiving = tellsLengths() ? ['dns_receive'] : [];
  return [...sending, 'dns_sendmmsg', ...receiving, 'dns_recvfrom', 'dns_recvmsg'];
}

const PROGRAMS = [
  'dns_send',
  'dns_sendto',
  'dns_sendmsg',
  'dns_sendmmsg',
  'dns_receive',
  'dns_recvfrom',
  'dns_recvmsg',
] as const;

/** DNS messages of traced processes, if a run shows names of addresses. */
export const dnsFeature: Feature = {
  isIn: ({ maps }) => maps.get('dns_messages') !== undefined,
  programs: PROGRAMS,
  configure({ globals, maps, programs }, { filters: { ends } }) {
    const used = ends.dns ? dnsPrograms() : [];
    for (const name of PROGRAMS) programs.need(name).autoload = used.includes(name);
    if (ends.dns) globals.need('dns_by_socket').set(tellsLengths());
    else maps.need('dns_messages').maxEntries = SMALLEST_RING;
  },
  start({ programs }, { filters: { ends } }) {
    if (ends.dns) for (const name of dnsPrograms()) programs.need(name).attach();
  },
};
