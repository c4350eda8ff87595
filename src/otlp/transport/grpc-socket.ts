/** Connections of gRPC to a collector, by the names of grpc-names.ts. */
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Route } from '../types.js';
import { addressOf, authorityOf } from './address.js';
import { UntrustedError } from './tls.js';
import { openTunnel } from './tunnel.js';

/** Milliseconds per address if several are given. Node tries the addresses of a name. */
const ATTEMPT = 1000;

/** Resolves names with this server. */
function lookupBy(server: string): LookupFunction {
  return (name, _, done) => {
    const resolver = new Resolver();
    const asked = async () => {
      resolver.setServers([server]);
      const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = found.flatMap((it) => (it.status === 'fulfilled' ? it.value : []));
      if (addresses.length === 0 && found[0].status === 'rejected') throw found[0].reason;
      return addresses.map((address) => ({ address, family: isIP(address) }));
    };
    asked().then(
      (addresses) => done(null, addresses),
      (error) => done(error, []),
    );
  };
}

function placesOf({ url, target = '' }: Route): NetConnectOpts[] {
  const [, scheme, rest = ''] = /^(unix|dns|ipv[46]):(.*)$/s.exec(target) ?? [];
  if (scheme === undefined) return [addressOf(url)];
  if (scheme === 'unix') return [{ path: rest }];
  if (scheme === 'dns') return [{ ...addressOf(url), lookup: lookupBy(rest.split('/')[2] ?? '') }];
  return rest.split(',').map((address) => addressOf(new URL(`${url.protocol}//${address}`)));
}

/** Connects to the first address that accepts. */
async function openPlain(places: readonly NetConnectOpts[], signal: AbortSignal): Promise<Duplex> {
  const errors: unknown[] = [];
  for (const place of places) {
    const isLast = errors.length === places.length - 1;
    const socket = connect({ autoSelectFamily: true, ...place, ...(!isLast && { timeout: ATTEMPT }) });
    socket.once('timeout', () => socket.destroy(new Error('no connection in time')));
    try {
      await once(socket, 'connect', { signal });
      return socket.setTimeout(0);
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      errors.push(error);
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}

async function secured(socket: Duplex, host: string, secureContext: SecureContext, signal: AbortSignal) {
  // An IP address is no server name: RFC 6066. The certificate is compared with it in any case.
  const name = isIP(host) ? {} : { servername: host };
  const secure = connectTls({ socket, host, secureContext, ALPNProtocols: ['h2'], ...name });
  try {
    await once(secure, 'secureConnect', { signal });
    return secure;
  } catch (error) {
    secure.destroy();
    throw secure.authorizationError ? new UntrustedError((error as Error).message) : error;
  }
}

/** Connects to a route's collector until the signal aborts it. */
export async function openSocket(
  route: Route,
  secureContext: SecureContext | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const { url, proxy } = route;
  const socket = await (proxy ? openTunnel(proxy, authorityOf(url), signal) : openPlain(placesOf(route), signal));
  return secureContext ? secured(socket, addressOf(url).host, secureContext, signal) : socket;
}
