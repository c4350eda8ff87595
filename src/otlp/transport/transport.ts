import type { Route, Transport } from '../types.js';

/**
 * The exporter's name, of the form that the specification asks for. `agentName` is the product with its version, such
 * as `Snoopkit/0.1.0`; the exporter is its own, of the same version.
 */
function userAgentOf(agentName: string): string {
  return `${agentName} OTel-OTLP-Exporter-JavaScript/${agentName.slice(agentName.lastIndexOf('/') + 1)}`;
}

/**
 * How requests get to the collector, by a route that the settings have checked. Only what the protocol needs is loaded.
 * Throws where the certificates can't be used.
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
