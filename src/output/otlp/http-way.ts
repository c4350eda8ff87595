/** How HTTP requests reach the collector: by connections that stay open, and through a proxy where there is one. */
import { Agent, type AgentOptions, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent, type RequestOptions as TlsOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { UsageError } from '../../errors.js';
import { decoded } from './shown-answer.js';
import { secureContextOf } from './tls.js';
import type { Route } from './types.js';

export interface HttpWay {
  /** A request to the route's URL. */
  request(options: { method: string; headers: Record<string, string> }): ClientRequest;
  close(): void;
}

/** What a proxy answered when it was asked for a connection. */
export class ProxyError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered with HTTP ${status}`);
    this.status = status;
  }
}

const AGENT: AgentOptions = {
  keepAlive: true,
  maxSockets: 4,
  maxFreeSockets: 1,
  // An idle connection is ours to close: would the collector do so just as we send, that try came to nothing.
  timeout: 20_000,
};

/** Milliseconds that a proxy has to make a connection. */
const PROXY_TIMEOUT = 10_000;

const isTls = ({ protocol }: URL): boolean => protocol === 'https:';

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}

/** Where a proxy listens. */
function proxyAddress(proxy: URL): RequestOptions {
  const { hostname, port, protocol } = urlToHttpOptions(proxy);
  return { hostname, port: port || (isTls(proxy) ? 443 : 80), protocol };
}

/** TLS through a proxy, which sees only the name of the host. */
class TunnelAgent extends TlsAgent {
  readonly #proxy: URL;
  readonly #context: SecureContext;
  readonly #opening = new Set<ClientRequest>();

  constructor(proxy: URL, context: SecureContext) {
    super(AGENT);
    this.#proxy = proxy;
    this.#context = context;
  }

  /** Node takes the socket when it is there. */
  override createConnection(
    options: TlsOptions,
    done: (error: Error | null, socket: Duplex) => void = () => {},
  ): undefined {
    const host = options.host ?? 'localhost';
    const fail = (error: Error) => done(error, undefined as never);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port}`;
    const request = (isTls(this.#proxy) ? httpsRequest : httpRequest)({
      ...proxyAddress(this.#proxy),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(this.#proxy) },
      agent: false,
      timeout: PROXY_TIMEOUT,
    });
    this.#opening.add(request);
    request
      .once('connect', ({ statusCode = 0 }, socket) => {
        if (statusCode >= 200 && statusCode < 300) {
          socket.setTimeout(0);
          done(
            null,
            connect({
              socket,
              host,
              secureContext: this.#context,
              ...(options.servername && { servername: options.servername }),
            }),
          );
        } else {
          socket.destroy();
          fail(new ProxyError(statusCode));
        }
      })
      .once('timeout', () => request.destroy(new Error('the proxy does not answer')))
      .once('error', fail)
      .once('close', () => this.#opening.delete(request))
      .end();
  }

  override destroy(): void {
    for (const request of this.#opening) request.destroy();
    super.destroy();
  }
}

/** A proxy for plain HTTP is asked for the whole URL. */
function throughProxy(url: URL, proxy: URL): HttpWay {
  const agent = isTls(proxy) ? new TlsAgent(AGENT) : new Agent(AGENT);
  const { auth } = urlToHttpOptions(url);
  const target: RequestOptions = {
    ...proxyAddress(proxy),
    agent,
    path: `${url.origin}${url.pathname}${url.search}`,
    ...(auth && { auth }),
  };
  const fixed = { host: url.host, ...proxyAuthorization(proxy) };
  const open = isTls(proxy) ? httpsRequest : httpRequest;
  return {
    request: ({ method, headers }) => open({ ...target, method, headers: { ...fixed, ...headers } }),
    close: () => agent.destroy(),
  };
}

function direct(url: URL, agent: Agent): HttpWay {
  const open = isTls(url) ? httpsRequest : httpRequest;
  const target: RequestOptions = { ...urlToHttpOptions(url), agent };
  return { request: (options) => open({ ...target, ...options }), close: () => agent.destroy() };
}

export async function httpWay({ url, proxy, tls }: Route): Promise<HttpWay> {
  if (proxy !== undefined && !/^https?:$/.test(proxy.protocol)) {
    throw new UsageError(`the proxy for OTLP must be http:// or https://, not ${proxy.protocol}//`);
  }
  if (!isTls(url)) return proxy ? throughProxy(url, proxy) : direct(url, new Agent(AGENT));
  const secureContext = await secureContextOf(tls);
  return direct(url, proxy ? new TunnelAgent(proxy, secureContext) : new TlsAgent({ ...AGENT, secureContext }));
}
