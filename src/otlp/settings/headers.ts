import type { Signal } from '../types.js';
import type { Environment } from './environment.js';
import { VARIABLES } from './variables.js';

/** Names valid in HTTP/1, HTTP/2 and gRPC: gRPC allows few of the other characters of RFC 9110. */
const NAME = /^[0-9a-z_.-]+$/i;

/** Values valid in all of these. */
const VALUE = /^[\x20-\x7e]*$/;

/** Headers that control the transfer, and would break it if overridden. */
const OURS =
  /^(content-(type|length|encoding)|expect|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|trailer|http2-settings|grpc-.*)$/;

/** The mistake in a pair; undefined if it is valid. */
export function mistakeIn(key: string, value: string | undefined): string | undefined {
  if (!NAME.test(key)) return 'needs a name of letters, digits, "-", "_" and "."';
  if (OURS.test(key)) return 'names a header that snoopkit sets itself';
  if (value === undefined) return 'has invalid percent-encoding';
  return VALUE.test(value) ? undefined : 'has a value that is not allowed in a header';
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses headers in the form of W3C baggage without metadata: `name=value,name=value`, values percent-encoded.
 * `mistakes` identifies invalid pairs by number only, because any part of them may be secret.
 */
export function parseHeaders(text: string): { readonly headers: Map<string, string>; readonly mistakes: string[] } {
  const headers = new Map<string, string>();
  const mistakes: string[] = [];
  text.split(',').forEach((pair, i) => {
    if (pair.trim() === '') return;
    const at = pair.indexOf('=');
    const key = pair.slice(0, at).trim().toLowerCase();
    const value = decoded(pair.slice(at + 1).trim());
    const mistake = at < 0 ? 'has no =' : mistakeIn(key, value);
    if (mistake === undefined && value !== undefined) headers.set(key, value);
    else mistakes.push(`pair ${i + 1} ${mistake}`);
  });
  return { headers, mistakes };
}

/** Headers of a signal's requests: those for all signals, overridden by its own, then by flags. */
export function headersOf(
  signal: Signal,
  environment: Environment,
  flags: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [own, general] = VARIABLES.headers(signal);
  const merged = [general, own].flatMap((name) => {
    const { headers, mistakes } = parseHeaders(environment.first(name)?.text ?? '');
    for (const mistake of mistakes) environment.warn(`${name}: ${mistake}, ignored`);
    return [...headers];
  });
  return new Map([...merged, ...flags]);
}
