import { decoded } from './shown-answer.js';

/** Where a proxy listens. */
export const proxyAddress = ({ hostname, port }: URL) => ({
  hostname: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || 80),
});

/** What is in its URL before the host; undefined where there is nothing. */
export function proxyCredentials({ username, password }: URL): string | undefined {
  return username || password ? `${decoded(username)}:${decoded(password)}` : undefined;
}

export function proxyHeaders(proxy: URL): Record<string, string> {
  const credentials = proxyCredentials(proxy);
  if (credentials === undefined) return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
