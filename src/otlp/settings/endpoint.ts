import type { Protocol, Signal } from '../types.js';
import { type Environment, type Given, type Source, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';
import { parseGrpcName } from './grpc-names.js';
import { VARIABLES } from './variables.js';

const DEFAULT = { http: 'http://localhost:4318', grpc: 'http://localhost:4317' };

/** Path and query of a URL as given: `new URL()` would encode some of it and resolve `..`. */
const REST = /^https?:\/\/[^/?#]*([^#]*)/is;

/** End of a URL that is specific to a signal. */
const OWN_PATH = /\/v1\/(?:logs|traces|metrics)(?=\/*$)/;

/** Characters that a request can't contain unencoded. */
const UNSENDABLE = /[^\x21-\x7e]+/gu;

/** A collector's address. */
export interface Endpoint extends Given {
  readonly url: URL;
  /** HTTP only: path and query as given. */
  readonly path?: string;
  /** gRPC only: the target, if the URL does not determine it. */
  readonly target?: string;
}

/** Parses a URL that may contain secrets: errors never show it. Throws like wrongSetting() if it is not an HTTP URL. */
function parseUrl(given: Given): URL {
  const { text } = given;
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    throw wrongSetting(given, 'not an http:// or https:// URL, use one such as http://localhost:4318');
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** A scheme determines whether TLS is used; without a scheme, `isInsecure` does. */
function grpcEndpoint(given: Given, isInsecure: () => boolean): Endpoint {
  const { text } = given;
  if (/^https?:/i.test(text)) return { ...given, url: parseUrl(given) };
  const found = parseGrpcName(text);
  const url = `${isInsecure() ? 'http' : 'https'}://${found?.host}`;
  if (found === undefined || !URL.canParse(url))
    throw wrongSetting(given, 'not HOST:PORT, a URL or a gRPC target name, use one such as localhost:4317');
  return { ...given, url: new URL(url), ...(found.target !== undefined && { target: found.target }) };
}

/** With `below`, the signal's path is appended to the URL; otherwise, the URL is used as given. */
function httpEndpoint(given: Given, below: Signal | undefined): Endpoint {
  const url = parseUrl(given);
  const [, rest = ''] = REST.exec(given.text) ?? [];
  const [path = ''] = rest.split('?', 1);
  const query = rest.slice(path.length);
  const whole = below === undefined ? path || '/' : `${path.replace(/\/+$/, '')}/v1/${below}`;
  url.pathname = whole;
  return { ...given, url, path: `${whole}${query}`.replace(UNSENDABLE, encodeURIComponent) };
}

/** Warns if the URL for all signals ends in the path of one. */
function warnOfOwnPath({ name, text }: Given, environment: Environment): void {
  const [end] = OWN_PATH.exec(REST.exec(text)?.[1]?.split('?', 1)[0] ?? '') ?? [];
  if (end !== undefined)
    environment.warn(
      `${name}: ends in ${end}, but requests go to paths below it, such as ${end}/v1/logs: remove ${end}`,
    );
}

/**
 * Endpoint of a signal: its own URL as given, or its path below the URL for all signals, which a flag may set. A URL
 * without a port uses its scheme's default.
 */
export function endpointOf(
  signal: Signal,
  protocol: Protocol,
  environment: Environment,
  flags: OptionNames & { readonly endpoint?: string; readonly isInsecure?: boolean },
): Endpoint {
  const isGrpc = protocol === 'grpc';
  const [own, general] = VARIABLES.endpoint(signal);
  const given: Given =
    flags.endpoint !== undefined
      ? { name: optionName(flags, 'endpoint'), text: flags.endpoint, isOption: true }
      : (environment.first(own, general) ?? { name: general, text: isGrpc ? DEFAULT.grpc : DEFAULT.http });
  if (!isGrpc) {
    const isOwn = given.name === own;
    if (!isOwn) warnOfOwnPath(given, environment);
    return httpEndpoint(given, isOwn ? undefined : signal);
  }
  return grpcEndpoint(given, () => flags.isInsecure ?? environment.isTrue(...VARIABLES.isInsecure(signal)));
}

/** HTTP basic credentials from the user and password of a URL; undefined without these. */
export function basicCredentials(source: Source & { readonly url: URL }): string | undefined {
  const { url } = source;
  if (url.username === '' && url.password === '') return undefined;
  try {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `Basic ${Buffer.from(user).toString('base64')}`;
  } catch (cause) {
    throw wrongSetting(source, 'user or password has invalid percent-encoding', { cause });
  }
}
