/** Host and port of a URL, with its scheme's default port. */
export const addressOf = ({ hostname, port, protocol }: URL) => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || (protocol === 'https:' ? 443 : 80)),
});

/** HOST:PORT of a URL. */
export const authorityOf = (url: URL): string => `${url.hostname}:${addressOf(url).port}`;
