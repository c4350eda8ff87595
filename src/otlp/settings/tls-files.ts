import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errnoText } from '../../kernel/errno.js';
import type { Signal, TlsFiles } from '../types.js';
import { type Environment, exporterNames, type Given, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';

/** The contents of a file with PEM that `check` takes. */
function readPem(given: Given, what: string, check: (pem: Buffer) => void): Buffer {
  const path = given.text;
  try {
    const pem = readFileSync(path);
    // The checks would take DER as well, TLS does not.
    if (!pem.includes('-----BEGIN ')) throw new TypeError('not PEM');
    check(pem);
    return pem;
  } catch (cause) {
    const { errno } = cause as NodeJS.ErrnoException;
    throw wrongSetting(given, errno === undefined ? `${path} is not ${what}` : `${path}: ${errnoText(-errno)}`, {
      cause,
    });
  }
}

const certificate = (given: Given) =>
  readPem(given, 'a PEM certificate', (pem) => {
    new X509Certificate(pem);
  });

/**
 * Reads the files that TLS needs for a signal. Going on without one of them would mean to trust others than was asked
 * for, or to be refused later, so what is wrong with them is an error.
 */
export function tlsFilesOf(
  signal: Signal,
  environment: Environment,
  flags: OptionNames & { readonly ca?: string; readonly cert?: string; readonly key?: string },
): TlsFiles {
  const given = (option: 'ca' | 'cert' | 'key', setting: string): Given | undefined => {
    const path = flags[option];
    return path === undefined
      ? environment.first(...exporterNames(signal, setting))
      : { name: optionName(flags, option), text: path, isOption: true };
  };
  const ca = given('ca', 'CERTIFICATE');
  const cert = given('cert', 'CLIENT_CERTIFICATE');
  const key = given('key', 'CLIENT_KEY');
  if (cert && !key)
    throw wrongSetting(cert, `needs a key: set ${optionName(flags, 'key')} or OTEL_EXPORTER_OTLP_CLIENT_KEY`);
  if (key && !cert)
    throw wrongSetting(
      key,
      `needs a certificate: set ${optionName(flags, 'cert')} or OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`,
    );
  return { ...(ca && { ca: certificate(ca) }), ...(cert && key && clientFiles(cert, key)) };
}

function clientFiles(cert: Given, key: Given): { readonly cert: Buffer; readonly key: Buffer } {
  const chain = certificate(cert);
  const secret = readPem(key, 'a PEM private key without a passphrase', createPrivateKey);
  if (!new X509Certificate(chain).checkPrivateKey(createPrivateKey(secret)))
    throw wrongSetting(key, `${key.text} does not match the certificate ${cert.text}`);
  return { cert: chain, key: secret };
}
