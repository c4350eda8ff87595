import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Outcome, Route, Transport } from '../types.js';
import { connectionFailure } from './connection-failure.js';
import { packed } from './gzip.js';
import { failure, headOf, outcomeOf, readAnswer } from './http-answer.js';
import { type HttpConnection, openHttp } from './http-connection.js';
import { later } from './later.js';
import { showAnswerOf } from './shown-answer.js';
import { UntrustedError } from './tls.js';
import { ProxyError } from './tunnel.js';

type Encode = (request: Uint8Array) => Uint8Array;

function headersOf({ headers, protocol, isCompressed }: Route, userAgent: string): Record<string, string> {
  return {
    'user-agent': userAgent,
    ...Object.fromEntries(headers),
    'accept-encoding': 'gzip',
    'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  };
}

/** Node's code of an error, such as ECONNREFUSED; the first of several. */
function codeOf(error: NodeJS.ErrnoException | AggregateError): string {
  const [first = error] = error instanceof AggregateError ? error.errors : [];
  return (error as NodeJS.ErrnoException).code ?? first.code ?? 'connection_closed';
}

class HttpTransport implements Transport {
  readonly #route: Route;
  readonly #connection: HttpConnection;
  readonly #headers: Record<string, string>;
  readonly #encode: Encode;
  readonly #show;
  #isClosed = false;

  constructor(route: Route, connection: HttpConnection, headers: Record<string, string>, encode: Encode) {
    this.#route = route;
    this.#connection = connection;
    this.#headers = headers;
    this.#encode = encode;
    this.#show = showAnswerOf(route);
  }

  async send(request: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    let body: Uint8Array;
    try {
      const plain = this.#encode(request);
      body = this.#route.isCompressed ? await packed(plain) : plain;
    } catch (error) {
      const message = this.#show(`cannot send the request: ${(error as Error).message}`);
      return { kind: 'refused', message, answer: { error: '_OTHER' } };
    }
    if (this.#isClosed) return later('the connection is closed', undefined, { error: 'shutdown' });
    return signal.aborted ? later() : this.#post(body, signal);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }

  #post(body: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve) => {
      const request = this.#connection.post(this.#headers);
      const fail = (error: Error) => resolve(this.#failed(error, request.socket));
      let response: IncomingMessage | undefined;
      // A request that waits for its connection emits nothing when destroyed. If the response has begun, its status
      // counts, since another attempt could duplicate the data.
      const end = () => {
        resolve(response ? outcomeOf(headOf(response), this.#route, this.#show) : later());
        request.destroy();
      };
      signal.addEventListener('abort', end, { once: true });
      request
        .once('response', (answer) => {
          response = answer;
          readAnswer(answer).then((whole) => resolve(outcomeOf(whole, this.#route, this.#show)), fail);
        })
        .on('error', (error) => {
          if (!response) fail(error);
        })
        .once('close', () => {
          signal.removeEventListener('abort', end);
          if (!response) fail(new Error('the connection was closed without a response'));
        })
        .end(body);
    });
  }

  #failed(error: Error, socket: unknown): Outcome {
    if (error instanceof ProxyError) {
      return failure({ status: error.status, headers: {}, body: Buffer.alloc(0) }, (text) => `the proxy: ${text}`);
    }
    const answer = { error: codeOf(error) };
    const isUntrusted = socket instanceof TLSSocket && socket.authorizationError;
    const failed = connectionFailure(isUntrusted ? new UntrustedError(error.message) : error);
    const message = this.#show(failed.message);
    return failed.isFinal ? { kind: 'refused', message, answer } : later(message, undefined, answer);
  }
}

export async function httpTransport(route: Route, userAgent: string): Promise<Transport> {
  const headers = headersOf(route, userAgent);
  const encode: Encode =
    route.protocol === 'http/json' ? (await import('./json.js')).jsonEncoder(route.signal) : (request) => request;
  return new HttpTransport(route, await openHttp(route), headers, encode);
}
