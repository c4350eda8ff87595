import { type AgentOptions, request as httpRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import { SnoopkitError } from '../../errors.js';
import { addressOf } from './address.js';
import { proxyHeaders } from './proxy-request.js';

/** A proxy refused a connection. */
export class ProxyError extends SnoopkitError {
  readonly status: number;

  constructor(status: number) {
    super('PROXY', `the proxy responded with HTTP ${status}`);
    this.status = status;
  }
}

/** Milliseconds for a proxy to connect. */
const TIMEOUT = 10_000;

/** Opens a connection to HOST:PORT through a proxy. The signal ends it. */
export function openTunnel(proxy: URL, authority: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = { host: authority, ...proxyHeaders(proxy) };
    const options = { method: 'CONNECT', path: authority, headers, agent: false, timeout: TIMEOUT, signal };
    const request = httpRequest({ ...addressOf(proxy), ...options });
    request
      .once('connect', ({ statusCode = 0 }, socket, head) => {
        if (statusCode >= 200 && statusCode < 300) {
          socket.setTimeout(0);
          // In HTTP/2, a server may speak first.
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        } else {
          socket.destroy();
          reject(new ProxyError(statusCode));
        }
      })
      .once('timeout', () => request.destroy(new Error('the proxy does not respond')))
      .once('error', reject)
      .end();
  });
}

/** TLS connections through a proxy, which sees only the host's name. */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #secureContext: SecureContext;
  readonly #end = new AbortController();

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
    openTunnel(this.#proxy, authority, this.#end.signal).then(
      (socket) => done?.(null, connect({ socket, ...secure })),
      (error) => done?.(error, undefined as never),
    );
  }

  override destroy(): void {
    this.#end.abort();
    super.destroy();
  }
}
