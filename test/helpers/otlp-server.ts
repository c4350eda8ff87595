/** Collectors controlled by a test, over HTTP and over gRPC: they keep requests, and misbehave. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { messageType } from '../../src/otlp/messages.js';
import { REQUESTS } from '../../src/otlp/transport/json.js';
import { SIGNALS, type Signal } from '../../src/otlp/types.js';
import type { Pair } from './certificates.js';

/** TLS; with certificates of clients, if there is a `clientCa`. */
export interface ServerTls extends Pair {
  readonly clientCa?: Buffer;
}

/** A request's message as a plain object: integers of 64 bits are strings, bytes are base64. */
export function decodedRequest(signal: Signal, body: Uint8Array): Record<string, unknown> {
  const type = messageType(REQUESTS[signal]);
  return type.toObject(type.decode(body), { longs: String, bytes: String });
}

/** An Export...ServiceResponse with this partial success. */
export function partialSuccess(rejected: number, errorMessage: string): Buffer {
  return Buffer.from(
    messageType('ExportServiceResponse').encode({ partialSuccess: { rejected, errorMessage } }).finish(),
  );
}

export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds before it. */
  readonly delay?: number;
  /** No answer, ever; the connection closed instead of an answer; closed in the middle of one; no end of one. */
  readonly fault?: 'hang' | 'close' | 'cut' | 'stall';
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Without gzip. */
  readonly body: Buffer;
  /** The client's port, which identifies the connection. */
  readonly clientPort: number;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = Buffer.concat(await request.toArray());
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

export class OtlpHttpServer {
  readonly requests: HttpRequest[] = [];
  /** One for each request; further requests succeed. */
  readonly answers: HttpAnswer[] = [];
  readonly #server;
  readonly #isTls: boolean;
  readonly #sockets = new Set<Socket>();

  private constructor(tls?: ServerTls) {
    const handler = (request: IncomingMessage, response: ServerResponse) => {
      // Errors here come from a client that went away.
      this.#handle(request, response).catch(() => {});
    };
    this.#isTls = tls !== undefined;
    this.#server = tls
      ? createTlsServer({ ...tls, ...(tls.clientCa && { ca: tls.clientCa, requestCert: true }) }, handler)
      : createServer(handler);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(tls?: ServerTls, port = 0): Promise<OtlpHttpServer> {
    const server = new OtlpHttpServer(tls);
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/v1/logs', host = '127.0.0.1'): URL {
    return new URL(`${this.#isTls ? 'https' : 'http'}://${host}:${this.port}${path}`);
  }

  /** Refuses connections from now on. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers, socket } = request;
    const body = await bodyOf(request);
    this.requests.push({ method, path: url, headers, body, clientPort: socket.remotePort ?? 0 });
    const answer = this.answers.shift() ?? {};
    if (answer.delay !== undefined) await sleep(answer.delay);
    if (answer.fault === 'hang') return;
    if (answer.fault === 'close') {
      socket.destroy();
      return;
    }
    const text = answer.body ?? '';
    const length = `${Buffer.byteLength(text) + (answer.fault === 'cut' || answer.fault === 'stall' ? 1 : 0)}`;
    const type = headers['content-type'] ?? '';
    response.writeHead(answer.status ?? 200, { 'content-type': type, 'content-length': length, ...answer.headers });
    if (answer.fault === 'stall') response.write(text);
    else response.end(text, () => answer.fault === 'cut' && socket.destroy());
  }
}

export interface GrpcAnswer {
  /** No error, by default. */
  readonly code?: status;
  readonly details?: string;
  /** RetryInfo sent with the error: `null` for one without a delay. */
  readonly retry?: { readonly seconds: number; readonly nanos: number } | null;
  /** The encoded response. */
  readonly response?: Uint8Array;
  readonly delay?: number;
  readonly fault?: 'hang' | 'close';
}

export interface GrpcRequest {
  readonly signal: Signal;
  readonly metadata: Readonly<Record<string, Buffer | string>>;
  readonly body: Buffer;
  readonly peer: string;
}

const SERVICES: Readonly<Record<Signal, string>> = { logs: 'Logs', traces: 'Trace', metrics: 'Metrics' };

const identity = (bytes: Buffer): Buffer => bytes;

function errorMetadata({ code = 0, details = '', retry }: GrpcAnswer): Metadata {
  const metadata = new Metadata();
  if (retry === undefined) return metadata;
  const value = messageType('RetryInfo')
    .encode(retry ? { retryDelay: retry } : {})
    .finish();
  const detail = { typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value };
  const bytes = messageType('Status')
    .encode({ code, message: details, details: [detail] })
    .finish();
  metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  return metadata;
}

export class OtlpGrpcServer {
  readonly requests: GrpcRequest[] = [];
  /** One for each request; further requests succeed. */
  readonly answers: GrpcAnswer[] = [];
  readonly #server = new Server();
  readonly #isTls: boolean;
  #port = 0;

  private constructor(tls?: ServerTls) {
    this.#isTls = tls !== undefined;
    for (const signal of SIGNALS) {
      const path = `/opentelemetry.proto.collector.${SERVICES[signal].toLowerCase()}.v1.${SERVICES[signal]}Service/Export`;
      const common = { requestSerialize: identity, requestDeserialize: identity };
      const method = { path, requestStream: false, responseStream: false, ...common };
      this.#server.addService(
        { export: { ...method, responseSerialize: identity, responseDeserialize: identity } },
        {
          export: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
            this.#handle(signal, call, done),
        },
      );
    }
  }

  static async start(tls?: ServerTls, port = 0, address = `127.0.0.1:${port}`): Promise<OtlpGrpcServer> {
    const server = new OtlpGrpcServer(tls);
    const pair = tls && [{ cert_chain: tls.cert, private_key: tls.key }];
    const secrets = pair
      ? ServerCredentials.createSsl(tls.clientCa ?? null, pair, tls.clientCa !== undefined)
      : ServerCredentials.createInsecure();
    server.#port = await new Promise((resolve, reject) =>
      server.#server.bindAsync(address, secrets, (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    return server;
  }

  get port(): number {
    return this.#port;
  }

  url(host = '127.0.0.1'): URL {
    return new URL(`${this.#isTls ? 'https' : 'http'}://${host}:${this.#port}`);
  }

  /** Refuses connections from now on. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #handle(signal: Signal, call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
    const { request, metadata } = call;
    this.requests.push({ signal, metadata: metadata.getMap(), body: request, peer: call.getPeer() });
    const answer = this.answers.shift() ?? {};
    if (answer.fault === 'hang') return;
    if (answer.fault === 'close') {
      this.stop();
      return;
    }
    const { code = status.OK, details = '' } = answer;
    setTimeout(() => {
      if (code === status.OK) done(null, Buffer.from(answer.response ?? []));
      else done({ code, details, metadata: errorMetadata(answer) });
    }, answer.delay ?? 0);
  }
}
