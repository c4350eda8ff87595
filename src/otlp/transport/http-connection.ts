/** HTTP connections to the collector, kept alive, with an optional proxy. */
import { Agent, type AgentOptions, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Route } from '../types.js';
import { addressOf } from './address.js';
import { proxyHeaders } from './proxy-request.js';
import { secureContextOf } from './tls.js';
import { TunnelAgent } from './tunnel.js';

export interface HttpConnection {
  /** Creates a request to the route's URL. */
  post(headers: Readonly<Record<string, string>>): ClientRequest;
  close(): void;
}

const AGENT: AgentOptions = {
  keepAlive: true,
  maxSockets: 4,
  maxFreeSockets: 1,
  // Idle connections are closed here: if the collector did so while a request is sent, that attempt would fail.
  timeout: 20_000,
};

const pathOf = ({ url, path = url.pathname + url.search }: Route) => path;

function direct(route: Route): HttpConnection {
  const agent = new Agent(AGENT);
  const target: RequestOptions = { ...urlToHttpOptions(route.url), path: pathOf(route), agent, method: 'POST' };
  return { post: (headers) => httpRequest({ ...target, headers }), close: () => agent.destroy() };
}

/** A proxy for plain HTTP takes the whole URL. */
function throughProxy(route: Route, proxy: URL): HttpConnection {
  const { url } = route;
  const agent = new Agent(AGENT);
  const { auth } = urlToHttpOptions(url);
  const path = `${url.origin}${pathOf(route)}`;
  const target: RequestOptions = { ...addressOf(proxy), agent, method: 'POST', path, ...(auth && { auth }) };
  const fixed = { host: url.host, ...proxyHeaders(proxy) };
  return {
    post: (headers) => httpRequest({ ...target, headers: { ...fixed, ...headers } }),
    close: () => agent.destroy(),
  };
}

async function secure(route: Route): Promise<HttpConnection> {
  const { url, proxy, tls } = route;
  const secureContext = await secureContextOf(tls);
  const agent = proxy ? new TunnelAgent(proxy, secureContext, AGENT) : new TlsAgent({ ...AGENT, secureContext });
  const target: RequestOptions = { ...urlToHttpOptions(url), path: pathOf(route), agent, method: 'POST' };
  return { post: (headers) => httpsRequest({ ...target, headers }), close: () => agent.destroy() };
}

/** Throws if the certificates can't be used. */
export async function openHttp(route: Route): Promise<HttpConnection> {
  const { url, proxy } = route;
  if (url.protocol === 'https:') return secure(route);
  return proxy ? throughProxy(route, proxy) : direct(route);
}
