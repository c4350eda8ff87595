import { UsageError } from '../../../errors.js';
import { decoded } from './shown-answer.js';

export interface ProxyAddress {
  readonly hostname: string;
  readonly port: number;
}

/** Where a proxy listens. To the proxy itself there is no TLS: grpc-js has none, either. */
export function proxyAddress({ protocol, hostname, port }: URL): ProxyAddress {
  if (protocol !== 'http:') throw new UsageError(`the proxy for OTLP must be http://, not ${protocol}//`);
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

/** What is in its URL before the host; undefined where there is nothing. */
export function proxyCredentials({ username, password }: URL): string | undefined {
  return username || password ? `${decoded(username)}:${decoded(password)}` : undefined;
}

export function proxyHeaders(proxy: URL): Record<string, string> {
  const credentials = proxyCredentials(proxy);
  if (credentials === undefined) return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
