import { decoded } from './shown-answer.js';

/** What is in a proxy's URL before the host, as the proxy wants it. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
