/** gRPC's names of servers: grpc.io, gRPC Name Resolution. */

/** HOST:PORT, or HOST. */
const HOST = String.raw`(?:\[[^\]]+\]|[^\s:/?#@[\],]+)(?::\d+)?`;
const BARE = new RegExp(`^${HOST}$`);
/** `dns:///HOST:PORT`, with the name server before the third slash, or `dns:HOST:PORT`. */
const DNS = new RegExp(`^dns:(?://([^/\\s]*)/)?(${HOST})$`, 'i');
/** Addresses separated by commas. */
const ADDRESSES = new RegExp(`^(ipv[46]):((${HOST})(?:,${HOST})*)$`, 'i');
/** `unix:PATH` or `unix:///PATH`. */
const UNIX = /^unix:(?:\/\/(?=\/))?((?!\/\/).+)$/is;

export interface GrpcName {
  /** HOST:PORT; `localhost` for a Unix socket. */
  readonly host: string;
  /** Target of the connection; undefined if it is the host. */
  readonly target?: string;
}

/** Parses a name of gRPC; undefined if it is none. */
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
