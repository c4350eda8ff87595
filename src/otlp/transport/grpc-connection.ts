import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import type { SecureContext } from 'node:tls';
import type { Route } from '../types.js';
import { type GrpcAnswer, unaryCall } from './grpc-call.js';
import { openSocket } from './grpc-socket.js';

const OPTIONS = {
  settings: { enablePush: false },
  // Node counts unsent data, and refuses requests beyond 10 MB of it.
  maxSessionMemory: Number.MAX_SAFE_INTEGER,
};

/** The connection of a route, opened when needed and again after its end. It does not keep the process alive. */
export class GrpcConnection {
  readonly #route: Route;
  readonly #secureContext: SecureContext | undefined;
  #session: Promise<ClientHttp2Session> | undefined;
  #end = new AbortController();
  #calls = 0;

  constructor(route: Route, secureContext: SecureContext | undefined) {
    this.#route = route;
    this.#secureContext = secureContext;
  }

  /** Sends a request. Rejects if there is no connection, or it ends. */
  async call(headers: OutgoingHttpHeaders, request: Buffer): Promise<GrpcAnswer> {
    const answer = await this.#callOnce(headers, request);
    // A collector that shuts down refuses new calls.
    return answer.isUnseen ? this.#callOnce(headers, request) : answer;
  }

  /** Closes the connection and aborts its calls. The next call opens another one. */
  close(): void {
    this.#end.abort();
    this.#end = new AbortController();
    this.#session = undefined;
  }

  async #callOnce(headers: OutgoingHttpHeaders, request: Buffer): Promise<GrpcAnswer> {
    this.#session ??= this.#open();
    const session = await this.#session;
    this.#calls++;
    session.ref();
    try {
      return await unaryCall(session, headers, request);
    } finally {
      if (--this.#calls === 0) session.unref();
    }
  }

  #open(): Promise<ClientHttp2Session> {
    const { signal } = this.#end;
    const opening = openSocket(this.#route, this.#secureContext, signal).then((socket) => {
      const session = connect(this.#route.url, { ...OPTIONS, createConnection: () => socket });
      const end = () => session.destroy();
      signal.addEventListener('abort', end);
      session
        // Calls report it as their own error.
        .on('error', forget)
        .on('goaway', forget)
        .on('close', () => {
          forget();
          signal.removeEventListener('abort', end);
        });
      return session;
    });
    const forget = () => {
      if (this.#session === opening) this.#session = undefined;
    };
    opening.catch(forget);
    return opening;
  }
}
