import { UsageError } from '../../../errors.js';

/** What frames a request or a connection is not for settings to change. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** The headers of a route that are sent. Values may be secret: of one that can't be sent the user is told the name. */
export function sendableHeaders(
  headers: ReadonlyMap<string, string>,
  check: (name: string, value: string) => void,
): [name: string, value: string][] {
  return [...headers].filter(([name, value]) => {
    try {
      check(name, value);
    } catch {
      throw new UsageError(`the header ${JSON.stringify(name)} for OTLP has characters that can't be sent`);
    }
    return !OWN.has(name);
  });
}
