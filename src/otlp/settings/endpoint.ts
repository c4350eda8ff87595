import type { Protocol, Signal } from '../types.js';
import { type Environment, exporterNames, type Given, type Source, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';
import { parseGrpcName } from './grpc-names.js';

const DEFAULT = { http: 'http://localhost:4318', grpc: 'http://localhost:4317' };

/** What a URL has behind the host, as it was given: `new URL()` would encode some of it, and follow `..`. */
const REST = /^https?:\/\/[^/?#]*([^#]*)/is;

/** The end of a URL for one signal. */
const OWN_PATH = /\/v1\/(?:logs|traces|metrics)(?=\/*$)/;

/** What no request can have as it is. */
const UNSENDABLE = /[^\x21-\x7e]+/gu;

/** Where to send to. */
export interface Endpoint extends Given {
  readonly url: URL;
  /** Of HTTP: path and query as they were given. */
  readonly path?: string;
  /** Of gRPC: what to connect to, where the URL does not say it. */
  readonly target?: string;
}

/** The URL of a text that may hold secrets: no error shows it. */
function parseUrl(given: Given): URL {
  const { text } = given;
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    throw wrongSetting(given, 'not an http:// or https:// URL, use one such as http://localhost:4318');
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** A scheme says whether there is TLS, and what has none leaves it to `isInsecure`. */
function grpcEndpoint(given: Given, isInsecure: () => boolean): Endpoint {
  const { text } = given;
  if (/^https?:/i.test(text)) return { ...given, url: parseUrl(given) };
  const found = parseGrpcName(text);
  const url = `${isInsecure() ? 'http' : 'https'}://${found?.host}`;
  if (found === undefined || !URL.canParse(url))
    throw wrongSetting(given, 'not HOST:PORT, a URL or a gRPC target name, use one such as localhost:4317');
  return { ...given, url: new URL(url), ...(found.target !== undefined && { target: found.target }) };
}

/** With the place of a signal below the URL for all of them, or as that of the signal stands. */
function httpEndpoint(given: Given, below: Signal | undefined): Endpoint {
  const url = parseUrl(given);
  const [, rest = ''] = REST.exec(given.text) ?? [];
  const [path = ''] = rest.split('?', 1);
  const query = rest.slice(path.length);
  const whole = below === undefined ? path || '/' : `${path.replace(/\/+$/, '')}/v1/${below}`;
  url.pathname = whole;
  return { ...given, url, path: `${whole}${query}`.replace(UNSENDABLE, encodeURIComponent) };
}

/** A URL of one signal given for all of them. */
function warnOfOwnPath({ name, text }: Given, environment: Environment): void {
  const [end] = OWN_PATH.exec(REST.exec(text)?.[1]?.split('?', 1)[0] ?? '') ?? [];
  if (end !== undefined)
    environment.warn(
      `${name}: it ends in ${end}, and requests go to paths below that, such as ${end}/v1/logs: leave out ${end}`,
    );
}

/**
 * Where a signal goes: to the URL for it as that stands, or to its place below the one for all signals, which a flag may
 * name. No port is made up: a URL without one means that of its scheme.
 */
export function endpointOf(
  signal: Signal,
  protocol: Protocol,
  environment: Environment,
  flags: OptionNames & { readonly endpoint?: string; readonly isInsecure?: boolean },
): Endpoint {
  const isGrpc = protocol === 'grpc';
  const [own, general] = exporterNames(signal, 'ENDPOINT');
  const given: Given =
    flags.endpoint !== undefined
      ? { name: optionName(flags, 'endpoint'), text: flags.endpoint, isOption: true }
      : (environment.first(own, general) ?? { name: general, text: isGrpc ? DEFAULT.grpc : DEFAULT.http });
  if (!isGrpc) {
    const isOwn = given.name === own;
    if (!isOwn) warnOfOwnPath(given, environment);
    return httpEndpoint(given, isOwn ? undefined : signal);
  }
  return grpcEndpoint(given, () => flags.isInsecure ?? environment.isTrue(...exporterNames(signal, 'INSECURE')));
}

/** What HTTP's basic authentication makes of the user and the password of a URL; undefined where it has none. */
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
