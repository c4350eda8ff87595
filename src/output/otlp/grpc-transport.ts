import { isIP } from 'node:net';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientUnaryCall,
  compressionAlgorithms,
  credentials,
  logVerbosity,
  Metadata,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { outcomeOf } from './grpc-answer.js';
import { sendableHeaders } from './headers.js';
import { later } from './later.js';
import { takenByProtobuf } from './partial-success.js';
import { proxyAddress, proxyCredentials } from './proxy.js';
import { showAnswerOf } from './shown-answer.js';
import { secureContextOf } from './tls.js';
import type { Outcome, Route, Signal, Transport } from './types.js';

const METHODS: Readonly<Record<Signal, string>> = {
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** Requests come encoded, and answers are decoded here. */
const identity = (bytes: Buffer): Buffer => bytes;

/** Of whom a URL speaks, with the port that goes without saying. */
const authority = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;

function metadataOf(headers: ReadonlyMap<string, string>): Metadata {
  const encoded = (name: string, value: string) => (name.endsWith('-bin') ? Buffer.from(value) : value);
  const sendable = sendableHeaders(headers, (name, value) => new Metadata().set(name, encoded(name, value)));
  const metadata = new Metadata();
  for (const [name, value] of sendable) metadata.set(name, encoded(name, value));
  return metadata;
}

async function credentialsOf({ url, tls }: Route): Promise<ChannelCredentials> {
  if (url.protocol !== 'https:') return credentials.createInsecure();
  const secure = credentials.createFromSecureContext(await secureContextOf(tls));
  return isIP(url.hostname.replace(/^\[|\]$/g, '')) ? withoutServerName(secure) : secure;
}

/**
 * grpc-js gives TLS an address as the name of the server, which RFC 6066 forbids and Node warns of on standard error.
 * The certificate is compared with the host in any case.
 */
function withoutServerName(secure: ChannelCredentials): ChannelCredentials {
  const connectorOf = secure._createSecureConnector.bind(secure);
  secure._createSecureConnector = (...target) => {
    const connector = connectorOf(...target);
    const { connectionOptions } = connector as { connectionOptions?: { servername?: string } };
    if (connectionOptions) delete connectionOptions.servername;
    return connector;
  };
  return secure;
}

/** The proxy of the route: grpc-js would take its own from the environment. */
function proxyOptions({ url, proxy }: Route): ChannelOptions {
  if (proxy === undefined) return {};
  proxyAddress(proxy);
  const credentials = proxyCredentials(proxy);
  return {
    'grpc.http_connect_target': `dns:${authority(url)}`,
    ...(credentials !== undefined && { 'grpc.http_connect_creds': credentials }),
  };
}

const optionsOf = (route: Route, userAgent: string): ChannelOptions => ({
  'grpc.primary_user_agent': userAgent,
  'grpc.default_authority': authority(route.url),
  'grpc.default_compression_algorithm': compressionAlgorithms[route.isCompressed ? 'gzip' : 'identity'],
  // To try again is for those who use it, and they wait in between.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.max_receive_message_length': 4 << 20,
  'grpc.enable_http_proxy': 0,
  // No questions to DNS but for addresses.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  // A new client is a new connection.
  'grpc.use_local_subchannel_pool': 1,
  ...proxyOptions(route),
});

class GrpcTransport implements Transport {
  readonly #method: string;
  readonly #metadata: Metadata;
  readonly #connect: () => Client;
  readonly #show;
  readonly #calls = new Set<ClientUnaryCall>();
  #client: Client | undefined;
  #isClosed = false;

  constructor(route: Route, secrets: ChannelCredentials, options: ChannelOptions) {
    this.#method = METHODS[route.signal];
    this.#metadata = metadataOf(route.headers);
    this.#show = showAnswerOf(route);
    const target = `dns:${authority(route.proxy ?? route.url)}`;
    this.#connect = () => new Client(target, secrets, options);
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    if (this.#isClosed) return later('the connection is closed');
    return signal.aborted
      ? later()
      : this.#call(Buffer.from(request.buffer, request.byteOffset, request.length), signal);
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.cancel();
    this.#client?.close();
    this.#client = undefined;
  }

  #call(request: Buffer, signal: AbortSignal): Promise<Outcome> {
    this.#client ??= this.#connect();
    const client = this.#client;
    return new Promise((resolve) => {
      const call = client.makeUnaryRequest(
        this.#method,
        identity,
        identity,
        request,
        this.#metadata.clone(),
        {},
        (error, answer) => {
          signal.removeEventListener('abort', end);
          this.#calls.delete(call);
          resolve(error ? outcomeOf(error, this.#show) : takenByProtobuf(answer ?? Buffer.alloc(0), this.#show));
        },
      );
      this.#calls.add(call);
      // What came to nothing may have been the connection's fault, of which gRPC would learn much later.
      const end = () => {
        resolve(later());
        call.cancel();
        if (this.#client === client) this.#client = undefined;
        client.close();
      };
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

export async function grpcTransport(route: Route, userAgent: string): Promise<Transport> {
  // Outcomes tell what went wrong, and standard error is not its own.
  setLogVerbosity(logVerbosity.NONE);
  return new GrpcTransport(route, await credentialsOf(route), optionsOf(route, userAgent));
}
