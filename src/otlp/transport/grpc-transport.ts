import type { OutgoingHttpHeaders } from 'node:http2';
import type { Outcome, Route, Signal, Transport } from '../types.js';
import { authorityOf } from './address.js';
import { outcomeOf, unconnected } from './grpc-answer.js';
import { framed } from './grpc-call.js';
import { GrpcConnection } from './grpc-connection.js';
import { packed } from './gzip.js';
import { later } from './later.js';
import { showAnswerOf } from './shown-answer.js';
import { secureContextOf } from './tls.js';

const METHODS: Readonly<Record<Signal, string>> = {
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

function headersOf({ url, target, signal, headers, isCompressed }: Route, userAgent: string): OutgoingHttpHeaders {
  const given = [...headers].map(([name, value]) => [
    name,
    name.endsWith('-bin') ? Buffer.from(value).toString('base64') : value,
  ]);
  return {
    ...Object.fromEntries(given),
    ':method': 'POST',
    ':scheme': url.protocol.slice(0, -1),
    ':authority': target?.startsWith('unix:') ? 'localhost' : authorityOf(url),
    ':path': METHODS[signal],
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': userAgent,
    'grpc-accept-encoding': 'identity,gzip',
    ...(isCompressed && { 'grpc-encoding': 'gzip' }),
  };
}

class GrpcTransport implements Transport {
  readonly #headers: OutgoingHttpHeaders;
  readonly #isCompressed: boolean;
  readonly #connection: GrpcConnection;
  readonly #show;
  #isClosed = false;

  constructor(route: Route, connection: GrpcConnection, userAgent: string) {
    this.#headers = headersOf(route, userAgent);
    this.#isCompressed = route.isCompressed;
    this.#connection = connection;
    this.#show = showAnswerOf(route);
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    const body = framed(this.#isCompressed ? await packed(request) : request, this.#isCompressed);
    if (this.#isClosed) return later('the connection is closed', undefined, { error: 'shutdown' });
    if (signal.aborted) return later();
    // The failure may be the connection's fault, which can take long to show.
    const giveUp = () => this.#connection.close();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await outcomeOf(await this.#connection.call(this.#headers, body), this.#show);
    } catch (error) {
      return signal.aborted ? later() : unconnected(error as Error, this.#show);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }
}

export async function grpcTransport(route: Route, userAgent: string): Promise<Transport> {
  const secureContext = route.url.protocol === 'https:' ? await secureContextOf(route.tls) : undefined;
  return new GrpcTransport(route, new GrpcConnection(route, secureContext), userAgent);
}
