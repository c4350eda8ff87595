import type { Protocol, Signal } from '../types.js';
import { type Environment, exporterNames, type Given, wrongSetting } from './environment.js';

/** gRPC's own form: HOST:PORT, or HOST. */
const BARE = /^(?:\[[^\]]+\]|[^\s:/?#@[\]]+)(?::\d+)?$/;

const DEFAULT = { http: 'http://localhost:4318', grpc: 'http://localhost:4317' };

/** The URL of a text that may hold secrets: no error shows it. */
function parseUrl({ name, text }: Given): URL {
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    throw wrongSetting(name, 'not a URL of http:// or https://, give one such as http://localhost:4318');
  const url = new URL(text);
  url.hash = '';
  return url;
}

/** A scheme says whether there is TLS, and what has none leaves it to `isInsecure`. */
function grpcUrl({ name, text }: Given, isInsecure: () => boolean): URL {
  if (text.includes('://')) return parseUrl({ name, text });
  const url = `${isInsecure() ? 'http' : 'https'}://${text}`;
  if (!BARE.test(text) || !URL.canParse(url))
    throw wrongSetting(name, 'neither HOST:PORT nor a URL, give one such as localhost:4317');
  return new URL(url);
}

/** The place of a signal below the URL for all of them. */
function below(base: URL, signal: Signal): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}

/**
 * Where a signal goes: to the URL for it as that stands, or to its place below the one for all signals, which a flag may
 * name. No port is made up: a URL without one means that of its scheme.
 */
export function endpointOf(
  signal: Signal,
  protocol: Protocol,
  environment: Environment,
  flags: { readonly endpoint?: string; readonly isInsecure?: boolean },
): Given & { readonly url: URL } {
  const isGrpc = protocol === 'grpc';
  const [own, general] = exporterNames(signal, 'ENDPOINT');
  const given: Given =
    flags.endpoint !== undefined
      ? { name: '--otlp-endpoint', text: flags.endpoint }
      : (environment.first(own, general) ?? { name: general, text: isGrpc ? DEFAULT.grpc : DEFAULT.http });
  if (isGrpc) {
    const isInsecure = () => flags.isInsecure ?? environment.isTrue(...exporterNames(signal, 'INSECURE'));
    return { ...given, url: grpcUrl(given, isInsecure) };
  }
  const url = parseUrl(given);
  return { ...given, url: given.name === own ? url : below(url, signal) };
}

/** What HTTP's basic authentication makes of the user and the password of a URL; undefined where it has none. */
export function basicCredentials({ name, url }: { readonly name: string; readonly url: URL }): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  try {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `Basic ${Buffer.from(user).toString('base64')}`;
  } catch (cause) {
    throw wrongSetting(name, 'user or password is not percent-encoded as it should be', { cause });
  }
}
