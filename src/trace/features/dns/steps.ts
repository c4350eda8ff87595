import { tracepointId } from '../../../bpf/tracefs.js';
import { SMALLEST_RING } from '../../ring.js';
import type { MakeSteps } from '../steps.js';
import { feature } from './feature.js';

/** Whether the kernel has tracepoints for the bytes that each socket sends and receives: since 6.3. */
const tellsLengths = () => tracepointId('sock', 'sock_recv_length') !== undefined;

/** Programs that this kernel can attach; those that see queries come first. */
function dnsPrograms(): readonly string[] {
  const sending = tellsLengths() ? ['dns_send'] : ['dns_sendto', 'dns_sendmsg'];
  const receiving = tellsLengths() ? ['dns_receive'] : [];
  return [...sending, 'dns_sendmmsg', ...receiving, 'dns_recvfrom', 'dns_recvmsg'];
}

export const steps: MakeSteps = async ({ flags }) => {
  // Loaded only on request.
  const names = flags.dns ? new (await import('./host-names.js')).HostNames() : undefined;
  return {
    ...(names && { context: { hostName: (address, asker) => names.name(address, asker) } }),
    configure({ globals, maps, programs }) {
      const used = names ? dnsPrograms() : [];
      for (const name of feature.programs) programs.need(name).autoload = used.includes(name);
      if (names) globals.need('dns_by_socket').set(tellsLengths());
      else maps.need('dns_messages').maxEntries = SMALLEST_RING;
    },
    start({ programs }) {
      if (names) for (const name of dnsPrograms()) programs.need(name).attach();
    },
    attached: (object) => names?.open(object),
    refresh: () => names?.read(),
    end: () => names?.close(),
  };
};
