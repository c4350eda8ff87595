/** Where a URL leads, with the port that goes without saying. */
export const addressOf = ({ hostname, port, protocol }: URL) => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || (protocol === 'https:' ? 443 : 80)),
});

/** Its host and port in one word. */
export const authorityOf = (url: URL): string => `${url.hostname}:${addressOf(url).port}`;
