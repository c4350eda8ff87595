/** What grpc-js is to know of a route. */
import { isIP } from 'node:net';
import {
  type ChannelCredentials,
  type ChannelOptions,
  compressionAlgorithms,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import type { Route } from '../types.js';
import { proxyCredentials } from './proxy-request.js';
import { secureContextOf } from './tls.js';

/** Of whom a URL speaks, with the port that goes without saying. */
export const authority = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;

const isSocket = ({ target }: Route) => target?.startsWith('unix:') ?? false;

export function metadataOf(headers: ReadonlyMap<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers) metadata.set(name, name.endsWith('-bin') ? Buffer.from(value) : value);
  return metadata;
}

export async function credentialsOf({ url, tls }: Route): Promise<ChannelCredentials> {
  if (url.protocol !== 'https:') return credentials.createInsecure();
  const secure = credentials.createFromSecureContext(await secureContextOf(tls));
  return isIP(url.hostname.replace(/^\[|\]$/g, '')) ? withoutServerName(secure) : secure;
}

/**
 * grpc-js gives TLS an address as the name of the server, which RFC 6066 forbids and Node warns of on standard error.
 * The certificate is compared with the host in any case.
 */
function withoutServerName(secure: ChannelCredentials): ChannelCredentials {
  const connectorOf = secure._createSecureConnector.bind(secure);
  secure._createSecureConnector = (...target) => {
    const connector = connectorOf(...target);
    const { connectionOptions } = connector as { connectionOptions?: { servername?: string } };
    // The test over TLS sees it, should another version keep it elsewhere.
    if (connectionOptions?.servername === undefined) throw new Error('@grpc/grpc-js has no connectionOptions');
    delete connectionOptions.servername;
    return connector;
  };
  return secure;
}

/** The proxy of the route: grpc-js would take its own from the environment. */
function proxyOptions({ url, proxy }: Route): ChannelOptions {
  if (proxy === undefined) return {};
  const credentials = proxyCredentials(proxy);
  return {
    'grpc.http_connect_target': `dns:${authority(url)}`,
    ...(credentials !== undefined && { 'grpc.http_connect_creds': credentials }),
  };
}

export const optionsOf = (route: Route, userAgent: string): ChannelOptions => ({
  'grpc.primary_user_agent': userAgent,
  'grpc.default_authority': isSocket(route) ? 'localhost' : authority(route.url),
  'grpc.default_compression_algorithm': compressionAlgorithms[route.isCompressed ? 'gzip' : 'identity'],
  // To try again is for those who use it, and they wait in between.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.max_receive_message_length': 4 << 20,
  'grpc.enable_http_proxy': 0,
  // No questions to DNS but for addresses.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  // A new client is a new connection.
  'grpc.use_local_subchannel_pool': 1,
  ...proxyOptions(route),
});
