import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errnoText } from '../../kernel/errno.js';
import type { Signal, TlsFiles } from '../types.js';
import { type Environment, type Given, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';
import { VARIABLES } from './variables.js';

/** Reads a PEM file that `check` accepts. Throws like wrongSetting(). */
function readPem(given: Given, what: string, check: (pem: Buffer) => void): Buffer {
  const path = given.text;
  try {
    const pem = readFileSync(path);
    // The checks would accept DER, too; TLS would not.
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
 * Reads a signal's TLS files. Any problem is an error: without one of the files, other authorities would be trusted
 * than requested, or the connection be refused later.
 */
export function tlsFilesOf(
  signal: Signal,
  environment: Environment,
  flags: OptionNames & { readonly ca?: string; readonly cert?: string; readonly key?: string },
): TlsFiles {
  const given = (option: 'ca' | 'cert' | 'key'): Given | undefined => {
    const path = flags[option];
    return path === undefined
      ? environment.first(...VARIABLES[option](signal))
      : { name: optionName(flags, option), text: path, isOption: true };
  };
  const ca = given('ca');
  const cert = given('cert');
  const key = given('key');
  if (cert && !key)
    throw wrongSetting(cert, `needs a key: set ${optionName(flags, 'key')} or ${VARIABLES.key(signal)[1]}`);
  if (key && !cert)
    throw wrongSetting(key, `needs a certificate: set ${optionName(flags, 'cert')} or ${VARIABLES.cert(signal)[1]}`);
  return { ...(ca && { ca: certificate(ca) }), ...(cert && key && clientFiles(cert, key)) };
}

function clientFiles(cert: Given, key: Given): { readonly cert: Buffer; readonly key: Buffer } {
  const chain = certificate(cert);
  const secret = readPem(key, 'a PEM private key without a passphrase', createPrivateKey);
  if (!new X509Certificate(chain).checkPrivateKey(createPrivateKey(secret)))
    throw wrongSetting(key, `${key.text} does not match the certificate ${cert.text}`);
  return { cert: chain, key: secret };
}
