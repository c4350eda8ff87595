import { type AgentOptions, type ClientRequest, request as httpRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import { SnoopkitError } from '../../errors.js';
import { proxyAddress, proxyHeaders } from './proxy-request.js';

/** What a proxy answered when it was asked for a connection. */
export class ProxyError extends SnoopkitError {
  readonly status: number;

  constructor(status: number) {
    super('PROXY', `the proxy responded with HTTP ${status}`);
    this.status = status;
  }
}

/** Milliseconds that a proxy has to make a connection. */
const TIMEOUT = 10_000;

/** Connections with TLS through a proxy, which sees only the name of the host. */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #secureContext: SecureContext;
  readonly #opening = new Set<ClientRequest>();

  constructor(proxy: URL, secureContext: SecureContext, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#secureContext = secureContext;
  }

  /** Node waits for the socket. */
  override createConnection(options: RequestOptions, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const host = options.host ?? 'localhost';
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port}`;
    const secure = {
      host,
      secureContext: this.#secureContext,
      ...(options.servername && { servername: options.servername }),
    };
    const fail = (error: Error) => done?.(error, undefined as never);
    const request = httpRequest({
      ...proxyAddress(this.#proxy),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(this.#proxy) },
      agent: false,
      timeout: TIMEOUT,
    });
    this.#opening.add(request);
    request
      .once('connect', ({ statusCode = 0 }, socket) => {
        if (statusCode >= 200 && statusCode < 300) {
          socket.setTimeout(0);
          done?.(null, connect({ socket, ...secure }));
        } else {
          socket.destroy();
          fail(new ProxyError(statusCode));
        }
      })
      .once('timeout', () => request.destroy(new Error('the proxy does not respond')))
      .once('error', fail)
      .once('close', () => this.#opening.delete(request))
      .end();
  }

  override destroy(): void {
    for (const request of this.#opening) request.destroy();
    super.destroy();
  }
}
