/** What gRPC calls a server: grpc.io, gRPC Name Resolution. */

/** HOST:PORT, or HOST. */
const HOST = String.raw`(?:\[[^\]]+\]|[^\s:/?#@[\],]+)(?::\d+)?`;
const BARE = new RegExp(`^${HOST}$`);
/** `dns:///HOST:PORT`, with who is to be asked before the third slash, or `dns:HOST:PORT`. */
const DNS = new RegExp(`^dns:(?://([^/\\s]*)/)?(${HOST})$`, 'i');
/** Addresses, with commas between. */
const ADDRESSES = new RegExp(`^(ipv[46]):((${HOST})(?:,${HOST})*)$`, 'i');
/** `unix:PATH` or `unix:///PATH`. */
const UNIX = /^unix:(?:\/\/(?=\/))?((?!\/\/).+)$/is;

export interface GrpcName {
  /** HOST:PORT; of a socket that is `localhost`. */
  readonly host: string;
  /** What to connect to; undefined where that follows from the host. */
  readonly target?: string;
}

/** undefined for what is no name. */
export function parseGrpcName(text: string): GrpcName | undefined {
  const [, path] = UNIX.exec(text) ?? [];
  if (path !== undefined) return { host: 'localhost', target: `unix:${path}` };
  const [, server, host] = DNS.exec(text) ?? [];
  if (host !== undefined) return server ? { host, target: `dns://${server}/${host}` } : { host };
  const [, scheme, addresses, first] = ADDRESSES.exec(text) ?? [];
  if (scheme !== undefined && first !== undefined)
    return { host: first, target: `${scheme.toLowerCase()}:${addresses}` };
  return BARE.test(text) ? { host: text } : undefined;
}
