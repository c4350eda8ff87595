import { decoded } from './shown-answer.js';

/** Header for the user and password of a proxy's URL. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
