/** Short-lived certificates, made with openssl: an authority, and certificates that it has signed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '../capability.js';

export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface Certificates {
  /** `NAME.pem` or `NAME.key`, by the names below. */
  file(name: string): string;
  readonly ca: Buffer;
  /** For 127.0.0.1, ::1 and localhost. */
  readonly server: Pair;
  /** For another host. */
  readonly stranger: Pair;
  readonly client: Pair;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

function makeCertificates(folder: string): Certificates {
  const file = (name: string) => join(folder, name);
  const make = (name: string, ...args: string[]): Pair => {
    const files = ['-out', `${name}.pem`, '-keyout', `${name}.key`, '-subj', `/CN=${name}`];
    execFileSync('openssl', ['req', '-x509', ...NEW_KEY, ...files, ...args], { cwd: folder, stdio: 'pipe' });
    return { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) };
  };
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const { cert: ca } = make('ca');
  return {
    file,
    ca,
    server: make('server', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost'),
    stranger: make('stranger', ...signed, '-addext', 'subjectAltName=DNS:elsewhere.example'),
    client: make('client', ...signed),
  };
}

/** For the tests of the calling suite, which are skipped without openssl. Created before the first of them. */
export function suiteCertificates(): Certificates {
  const certificates = {} as Certificates;
  let folder: string | undefined;
  before(function () {
    needs(this, 'openssl');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-certificates-'));
    Object.assign(certificates, makeCertificates(folder));
  });
  after(() => folder && rmSync(folder, { recursive: true }));
  return certificates;
}
