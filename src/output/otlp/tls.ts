import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { UsageError } from '../../errors.js';
import type { TlsFiles } from './types.js';

/** Where systems keep the authorities that they trust: Debian, Fedora, Alpine. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * Node brings authorities of its own, which know nothing of those that a system's owner added. They are used where the
 * system has none, or where NODE_EXTRA_CA_CERTS says that they are meant.
 */
async function systemAuthorities(): Promise<Buffer | undefined> {
  if (process.env.NODE_EXTRA_CA_CERTS) return undefined;
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return await readFile(path);
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** What TLS is done with, for all connections of a route. */
export async function secureContextOf({ ca, cert, key }: TlsFiles): Promise<SecureContext> {
  const authorities = ca ?? (await systemAuthorities());
  try {
    return createSecureContext({ ...(authorities && { ca: authorities }), ...(cert && { cert }), ...(key && { key }) });
  } catch (error) {
    throw new UsageError(`the certificates for OTLP can't be used: ${(error as Error).message}`, { cause: error });
  }
}

export const UNTRUSTED =
  'the certificate of the collector is not accepted; OTEL_EXPORTER_OTLP_CERTIFICATE names a file of the authorities to trust';

/** Why TLS came to nothing, where another try would not help; undefined for all else. */
export function tlsRefusal(error: NodeJS.ErrnoException, socket: unknown): string | undefined {
  if (socket instanceof TLSSocket && socket.authorizationError) return `${UNTRUSTED}: ${error.message}`;
  const { code = '' } = error;
  if (/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA)/.test(code)) {
    return `the collector does not accept the client's certificate, or asks for one (${code})`;
  }
  // Of a plain HTTP server. OpenSSL has two names for it.
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code))
    return `the collector speaks no TLS (${code})`;
  return undefined;
}
