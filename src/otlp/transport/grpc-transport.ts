import {
  type ChannelCredentials,
  logVerbosity,
  type Metadata,
  type ServiceError,
  setLogVerbosity,
} from '@grpc/grpc-js';
import type { Outcome, Route, Signal, Transport } from '../types.js';
import { outcomeOf } from './grpc-answer.js';
import { authority, credentialsOf, metadataOf, optionsOf } from './grpc-channel.js';
import { GrpcConnection } from './grpc-connection.js';
import { later } from './later.js';
import { takenByProtobuf } from './partial-success.js';
import { showAnswerOf } from './shown-answer.js';

const METHODS: Readonly<Record<Signal, string>> = {
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

class GrpcTransport implements Transport {
  readonly #method: string;
  readonly #metadata: Metadata;
  readonly #connect: () => GrpcConnection;
  readonly #show;
  #connection: GrpcConnection | undefined;
  #isClosed = false;

  constructor(route: Route, credentials: ChannelCredentials, userAgent: string) {
    this.#method = METHODS[route.signal];
    this.#metadata = metadataOf(route.headers);
    this.#show = showAnswerOf(route);
    const target = route.target ?? `dns:${authority(route.proxy ?? route.url)}`;
    const options = optionsOf(route, userAgent);
    this.#connect = () => new GrpcConnection(target, credentials, options);
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    if (this.#isClosed) return later('the connection is closed', undefined, { error: 'shutdown' });
    if (signal.aborted) return later();
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    // What came to nothing may have been the connection's fault, of which gRPC would learn much later.
    const giveUp = () => {
      if (this.#connection === connection) this.#connection = undefined;
      connection.close();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const bytes = Buffer.from(request.buffer, request.byteOffset, request.length);
      return takenByProtobuf(await connection.call(this.#method, bytes, this.#metadata.clone()), 'OK', this.#show);
    } catch (error) {
      return signal.aborted ? later() : outcomeOf(error as ServiceError, this.#show);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#connection = undefined;
  }
}

export async function grpcTransport(route: Route, userAgent: string): Promise<Transport> {
  // Outcomes tell what went wrong, and standard error is not its own.
  setLogVerbosity(logVerbosity.NONE);
  return new GrpcTransport(route, await credentialsOf(route), userAgent);
}
