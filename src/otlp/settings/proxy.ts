import { BlockList, isIP } from 'node:net';
import { type Environment, wrongSetting } from './environment.js';

const withoutDots = (name: string) => name.toLowerCase().replace(/^\*?\.+|\.+$/g, '');

/** Whether an address equals or is in `10.0.0.0/8`, `::1` and the like. */
function isInNetwork(host: string, address: string, length: string | undefined): boolean {
  const [bits, type] = isIP(address) === 4 ? ([32, 'ipv4'] as const) : ([128, 'ipv6'] as const);
  const isLength = length === undefined || (/^\d+$/.test(length) && Number(length) <= bits);
  if (isIP(host) !== isIP(address) || !isLength) return false;
  const network = new BlockList();
  network.addSubnet(address, Number(length ?? bits), type);
  return network.check(host, type);
}

/** Whether an entry of NO_PROXY matches the host: `*`, `name[:port]` including subdomains, an address or a network. */
function means(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, bracketed, plain, entryPort = port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? entry;
  if (entryPort !== port) return false;
  const [address = '', length] = name.split('/');
  if (isIP(address) !== 0 && !address.includes('%')) return isInNetwork(host, address, length);
  const domain = withoutDots(name);
  return isIP(host) === 0 && domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/**
 * The proxy for a URL, by curl's variables and rules: http_proxy in lower case only, because a CGI program's clients
 * can set HTTP_PROXY; no_proxy and https_proxy take precedence over NO_PROXY and HTTPS_PROXY; localhost is not special.
 * Unlike curl, entries of no_proxy may have a port, and TLS to the proxy itself is not supported.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const isSecure = url.protocol === 'https:';
  const proxy = isSecure ? environment.first('https_proxy', 'HTTPS_PROXY') : environment.first('http_proxy');
  if (proxy === undefined) return undefined;
  const host = withoutDots(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const port = url.port || (isSecure ? '443' : '80');
  const excepted = environment.first('no_proxy', 'NO_PROXY')?.text.split(/[\s,]+/) ?? [];
  if (excepted.some((entry) => means(entry, host, port))) return undefined;
  const text = proxy.text.includes('://') ? proxy.text : `http://${proxy.text}`;
  if (!/^http:\/\/[^/?#]/i.test(text) || !URL.canParse(text))
    throw wrongSetting(
      proxy,
      'not an http:// proxy, use one such as http://proxy:3128, or add the collector to no_proxy',
    );
  return new URL(text);
}
