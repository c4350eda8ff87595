import type { Route, Transport } from '../types.js';

/**
 * User-Agent in the form of the specification. `agentName` is the product with its version, such as `Snoopkit/0.1.0`;
 * the exporter is its own, with the same version.
 */
function userAgentOf(agentName: string): string {
  return `${agentName} OTel-OTLP-Exporter-JavaScript/${agentName.slice(agentName.lastIndexOf('/') + 1)}`;
}

/**
 * Creates the transport of a validated route. Only the modules of its protocol are loaded. Throws if the certificates
 * can't be used.
 */
export async function transportOf(route: Route, agentName: string): Promise<Transport> {
  const userAgent = userAgentOf(agentName);
  if (route.protocol === 'grpc') {
    const { grpcTransport } = await import('./grpc-transport.js');
    return grpcTransport(route, userAgent);
  }
  const { httpTransport } = await import('./http-transport.js');
  return httpTransport(route, userAgent);
}
