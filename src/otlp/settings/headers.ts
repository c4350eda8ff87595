import type { Signal } from '../types.js';
import { type Environment, exporterNames } from './environment.js';

/** What HTTP/1, HTTP/2 and gRPC all take as a name: gRPC knows few of the other signs that RFC 9110 allows. */
const NAME = /^[0-9a-z_.-]+$/i;

/** What they all take as a value. */
const VALUE = /^[\x20-\x7e]*$/;

/** What says how a request is sent: it would break if somebody else set it. */
const OURS =
  /^(content-(type|length|encoding)|expect|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|trailer|http2-settings|grpc-.*)$/;

/** What is wrong with a pair; undefined for nothing. */
function mistakeIn(key: string, value: string | undefined): string | undefined {
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
 * Headers in the form of W3C baggage without metadata: `name=value,name=value`, values percent-encoded. `mistakes` tells
 * of pairs that are none by their numbers: what belongs to a value, and may be secret, can't be told then.
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

/** The headers of a signal's requests: those for all signals, then its own, then those of flags, which win. */
export function headersOf(
  signal: Signal,
  environment: Environment,
  flags: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [own, general] = exporterNames(signal, 'HEADERS');
  const merged = [general, own].flatMap((name) => {
    const { headers, mistakes } = parseHeaders(environment.first(name)?.text ?? '');
    for (const mistake of mistakes) environment.warn(`${name}: ${mistake}, ignored`);
    return [...headers];
  });
  return new Map([...merged, ...flags]);
}
