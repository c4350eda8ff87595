/** Certificates of a moment, made with openssl: an authority, and what it has signed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Certificates {
  readonly folder: string;
  readonly ca: Buffer;
  /** Of 127.0.0.1, ::1 and localhost. */
  readonly server: Pair;
  /** Of another host. */
  readonly stranger: Pair;
  readonly client: Pair;
  remove(): void;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** The files `NAME.pem` and `NAME.key` are in `folder`, too. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-certificates-'));
  const read = (file: string) => readFileSync(join(folder, file));
  const make = (name: string, ...args: string[]): Pair => {
    const files = ['-out', `${name}.pem`, '-keyout', `${name}.key`, '-subj', `/CN=${name}`];
    execFileSync('openssl', ['req', '-x509', ...NEW_KEY, ...files, ...args], { cwd: folder, stdio: 'pipe' });
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const { cert: ca } = make('ca');
  return {
    folder,
    ca,
    server: make('server', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost'),
    stranger: make('stranger', ...signed, '-addext', 'subjectAltName=DNS:elsewhere.example'),
    client: make('client', ...signed),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
