import { oneLine } from '../one-line.js';
import type { Route } from '../types.js';

/** Makes one short line of what a collector, a proxy or Node said. */
export type ShowAnswer = (text: string) => string;

/** Shorter ones say nothing secret, and a message would be riddled with holes. */
const SHORTEST_VALUE = 4;
const SHORTEST_WORD = 8;

/**
 * What the route knows and nobody should read, the longest first: a collector may well repeat it as it complains. Of
 * `Bearer TOKEN` that is also the token.
 */
function secretsOf({ headers, url, proxy }: Route): string[] {
  const credentials = [url, ...(proxy ? [proxy] : [])].flatMap(({ username, password }) => [username, password]);
  const values = [...headers.values(), ...credentials, ...credentials.map(decoded), ...url.searchParams.values()];
  const words = values.flatMap((value) => value.split(/[\s=,;:]+/)).filter((word) => word.length >= SHORTEST_WORD);
  const secrets = new Set([...values.filter((value) => value.length >= SHORTEST_VALUE), ...words]);
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** Percent-decoded, where it is percent-encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function showAnswerOf(route: Route): ShowAnswer {
  const secrets = secretsOf(route);
  return (text) => oneLine(secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text));
}
