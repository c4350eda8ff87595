import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { SnoopkitError, UsageError } from '../../errors.js';
import type { TlsFiles } from '../types.js';

/** Files with the system's certificate authorities: Debian, Fedora, Alpine. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * Certificate authorities of the system, including those that its administrator added. Node's built-in ones are used if
 * the system has none, or if NODE_EXTRA_CA_CERTS is set.
 */
async function systemAuthorities(): Promise<Buffer | undefined> {
  if (process.env.NODE_EXTRA_CA_CERTS) return undefined;
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return await readFile(path);
    } catch {
      // Try the next one.
    }
  }
  return undefined;
}

/** TLS context for all connections of a route. */
export async function secureContextOf({ ca, cert, key }: TlsFiles): Promise<SecureContext> {
  const authorities = ca ?? (await systemAuthorities());
  try {
    return createSecureContext({ ...(authorities && { ca: authorities }), ...(cert && { cert }), ...(key && { key }) });
  } catch (error) {
    throw new UsageError(`cannot use the OTLP certificates: ${(error as Error).message}`, { cause: error });
  }
}

/** The readable part of `...error:0A00010B:SSL routines:ssl3_get_record:wrong version number:...`. */
export function opensslReason(text: string): string | undefined {
  return /error:[\dA-F]+:SSL routines:[^:]*:([^:]+)/.exec(text)?.[1];
}

/** The collector's certificate is not trusted: the connection could lead to anyone. */
export class UntrustedError extends SnoopkitError {
  constructor(reason: string) {
    super('UNTRUSTED', reason);
  }
}

/** Node's own remedy, since Node 24: a flag that nobody gives to snoopkit. */
const REMEDY_OF_NODE = /; if the root CA is installed locally, .*$/;

/** Message with reason and remedy. */
export function untrusted(reason: string): string {
  const message = `the collector's certificate is not trusted: ${reason.replace(REMEDY_OF_NODE, '')}`;
  const isOfAnother = reason.includes('altnames');
  return isOfAnother ? message : `${message}; set OTEL_EXPORTER_OTLP_CERTIFICATE to a file of CA certificates`;
}

/** Reason of a TLS failure that a retry would not change; undefined for other errors. */
export function tlsRefusal(text: string): string | undefined {
  const reason = opensslReason(text) ?? '';
  if (/alert .*(certificate|unknown ca)/.test(reason)) {
    return `the collector requires a client certificate or rejected ours: ${reason}`;
  }
  const isPlain = /wrong version number|packet length too long/.test(reason);
  return isPlain ? `the collector does not use TLS, which https:// and secure gRPC require: ${reason}` : undefined;
}
