import { oneLine } from '../one-line.js';
import type { Route } from '../types.js';

/** Reduces text of a collector, a proxy or Node to one short line. */
export type ShowAnswer = (text: string) => string;

/** Shorter texts are no secrets, and masking them would leave messages full of holes. */
const SHORTEST_VALUE = 4;
const SHORTEST_WORD = 8;

/**
 * Secrets of a route, longest first: a collector may repeat them in an error. `Bearer TOKEN` includes the token alone.
 */
function secretsOf({ headers, url, proxy }: Route): string[] {
  const credentials = [url, ...(proxy ? [proxy] : [])].flatMap(({ username, password }) => [username, password]);
  const values = [...headers.values(), ...credentials, ...credentials.map(decoded), ...url.searchParams.values()];
  const words = values.flatMap((value) => value.split(/[\s=,;:]+/)).filter((word) => word.length >= SHORTEST_WORD);
  const secrets = new Set([...values.filter((value) => value.length >= SHORTEST_VALUE), ...words]);
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** Percent-decodes a text if possible. */
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
