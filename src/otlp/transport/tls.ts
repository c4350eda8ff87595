import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { SnoopkitError, UsageError } from '../../errors.js';
import type { TlsFiles } from '../types.js';

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
    throw new UsageError(`cannot use the OTLP certificates: ${(error as Error).message}`, { cause: error });
  }
}

/** Of `...error:0A00010B:SSL routines:ssl3_get_record:wrong version number:...` what a person can read. */
export function opensslReason(text: string): string | undefined {
  return /error:[\dA-F]+:SSL routines:[^:]*:([^:]+)/.exec(text)?.[1];
}

/** TLS gave up a connection to a collector that could be anyone. */
export class UntrustedError extends SnoopkitError {
  constructor(reason: string) {
    super('UNTRUSTED', reason);
  }
}

/** What there is to say of that, and to do about it. */
export function untrusted(reason: string): string {
  const message = `the collector's certificate is not trusted: ${reason}`;
  const isOfAnother = reason.includes('altnames');
  return isOfAnother ? message : `${message}; set OTEL_EXPORTER_OTLP_CERTIFICATE to a file of CA certificates`;
}

/** What TLS said that another try would not change; undefined for all else. */
export function tlsRefusal(text: string): string | undefined {
  const reason = opensslReason(text) ?? '';
  if (/alert .*(certificate|unknown ca)/.test(reason)) {
    return `the collector requires a client certificate or rejected ours: ${reason}`;
  }
  const isPlain = /wrong version number|packet length too long/.test(reason);
  return isPlain
    ? `the collector does not use TLS, but https:// requires it, and gRPC that is not insecure: ${reason}`
    : undefined;
}
