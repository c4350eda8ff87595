import { PROTOCOLS, type Route, SIGNALS, type Signal } from '../types.js';
import { basicCredentials, endpointOf } from './endpoint.js';
import type { Environment } from './environment.js';
import { COMPRESSIONS, type OtlpFlagValues } from './flag-values.js';
import { headersOf } from './headers.js';
import { proxyFor } from './proxy.js';
import { tlsFilesOf } from './tls-files.js';
import { VARIABLES } from './variables.js';

const USUAL_TIMEOUT = 10_000;

const PROTOCOL_NAMES = new Map(PROTOCOLS.map((protocol) => [protocol as string, protocol]));
const COMPRESSION_NAMES = new Map(COMPRESSIONS.map((name) => [name as string, name === 'gzip']));

function routeOf(signal: Signal, environment: Environment, flags: OtlpFlagValues): Route {
  const protocol = flags.protocol ?? environment.choice(VARIABLES.protocol(signal), PROTOCOL_NAMES) ?? 'http/protobuf';
  const endpoint = endpointOf(signal, protocol, environment, flags);
  const { url, path, target } = endpoint;
  const headers = headersOf(signal, environment, flags.headers);
  const credentials = basicCredentials(endpoint);
  if (credentials !== undefined && !headers.has('authorization')) headers.set('authorization', credentials);
  // The URL may be shown, and is not searched for a password.
  url.username = '';
  url.password = '';
  const proxy = target === undefined ? proxyFor(url, environment) : undefined;
  return {
    signal,
    protocol,
    url,
    ...(path !== undefined && { path }),
    ...(target !== undefined && { target }),
    headers,
    isCompressed: flags.isCompressed ?? environment.choice(VARIABLES.isCompressed(signal), COMPRESSION_NAMES) ?? false,
    timeout: flags.timeout ?? environment.timeout(VARIABLES.timeout(signal)) ?? USUAL_TIMEOUT,
    tls: tlsFilesOf(signal, environment, flags),
    ...(proxy && { proxy }),
  };
}

/** The specification's exporters that snoopkit lacks: naming one of them deselects OTLP. */
const OTHER_EXPORTERS = ['console', 'logging', 'otlp/stdout', 'prometheus', 'zipkin'];

/** Whether a signal is exported by OTLP, the default. OTEL_<SIGNAL>_EXPORTER may name several exporters. */
function isExported(signal: Signal, environment: Environment): boolean {
  const name = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  const given = environment.first(name)?.text.toLowerCase().split(',') ?? [];
  const exporters = given.map((exporter) => exporter.trim()).filter((exporter) => exporter !== '');
  const others = exporters.filter((exporter) => OTHER_EXPORTERS.includes(exporter));
  for (const other of others)
    environment.warn(`${name}: ${other} is not supported, only otlp and none; no ${signal} are sent there`);
  if (exporters.some((exporter) => !['otlp', 'none', ...others].includes(exporter)))
    environment.warn(`${name}: only otlp and none are supported, others are ignored`);
  return exporters.includes('otlp') || !(exporters.includes('none') || others.length > 0);
}

/** Routes of all exported signals. */
export function routesOf(environment: Environment, flags: OtlpFlagValues): Partial<Record<Signal, Route>> {
  const exported = SIGNALS.filter((signal) => isExported(signal, environment));
  return Object.fromEntries(exported.map((signal) => [signal, routeOf(signal, environment, flags)]));
}
