import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnoopkitError } from '../../../src/errors.js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';
import { CERTIFICATE, KEY } from '../transport/pem.js';

const CA = 'OTEL_EXPORTER_OTLP_CERTIFICATE';
const CERT = 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE';
const CLIENT_KEY = 'OTEL_EXPORTER_OTLP_CLIENT_KEY';
const own = (name: string) => name.replace('OTLP_', 'OTLP_LOGS_');

describe('output: otlp: files for TLS', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-tls-'));
    const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    const locked = generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    for (const [name, text] of Object.entries({
      cert: CERTIFICATE,
      'cert-2': `# with a comment\n${CERTIFICATE}`,
      key: KEY,
      other,
      locked,
      text: 's3cret',
      der: new X509Certificate(CERTIFICATE).raw,
    }))
      writeFileSync(path(name), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are none when none are named', () => {
    assert.deepEqual(otlpSettings({}, {}).routes.logs?.tls, {});
    assert.deepEqual(otlpSettings({ [CA]: '' }, {}).routes.logs?.tls, {});
  });

  it('are read at the start', () => {
    const { routes } = otlpSettings({ [CA]: path('cert-2'), [CERT]: path('cert'), [CLIENT_KEY]: path('key') }, {});
    const read = { ca: `# with a comment\n${CERTIFICATE}`, cert: CERTIFICATE, key: KEY };
    for (const signal of ['logs', 'traces', 'metrics'] as const)
      assert.deepEqual(
        Object.fromEntries(Object.entries(routes[signal]?.tls ?? {}).map(([k, v]) => [k, `${v}`])),
        read,
      );
  });

  it('are those of the flag, of the signal, of all, in this order', () => {
    const all = { [CA]: path('cert'), [own(CA)]: path('cert-2') };
    const size = (signal: 'logs' | 'traces', flags = {}) => otlpSettings(all, flags).routes[signal]?.tls.ca?.length;
    const [short, long] = [CERTIFICATE.length, CERTIFICATE.length + '# with a comment\n'.length];
    assert.deepEqual([size('logs'), size('traces'), size('logs', { ca: path('cert') })], [long, short, short]);
    const mixed = otlpSettings(
      { [own(CERT)]: path('cert'), [CERT]: path('cert'), [CLIENT_KEY]: path('text') },
      { key: path('key') },
    );
    assert.equal(`${mixed.routes.logs?.tls.key}`, KEY);
  });

  const fails = (
    variables: Record<string, string>,
    flags: object,
    type: 'SnoopkitError' | 'UsageError',
    message: RegExp,
  ) =>
    assert.throws(
      () => otlpSettings(variables, flags),
      (error: unknown) => {
        assert.ok(error instanceof SnoopkitError && error.name === type, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|s3cret/);
        return true;
      },
    );

  it('must be there', () => {
    fails({ [CA]: path('no') }, {}, 'SnoopkitError', new RegExp(`^${CA}: ${path('no')}: no such file or directory`));
    fails({ [own(CA)]: folder }, {}, 'SnoopkitError', /OTLP_LOGS_CERTIFICATE: .*\(EISDIR\)$/);
    fails({}, { ca: path('no') }, 'UsageError', /^ca: .*: no such file or directory \(ENOENT\)$/);
    fails({ [CERT]: path('no'), [CLIENT_KEY]: path('key') }, {}, 'SnoopkitError', /CLIENT_CERTIFICATE: .*ENOENT/);
    fails({}, { cert: path('cert'), key: path('no') }, 'UsageError', /^key: .*ENOENT/);
  });

  it('must be what they are for', () => {
    for (const name of ['text', 'der', 'key'])
      fails({ [CA]: path(name) }, {}, 'SnoopkitError', /_CERTIFICATE: \/.* is not a PEM certificate$/);
    fails({}, { ca: path('text') }, 'UsageError', /^ca: /);
    for (const name of ['text', 'cert', 'locked'])
      fails({}, { cert: path('cert'), key: path(name) }, 'UsageError', /^key: .* is not a PEM private key without/);
    fails(
      {},
      { cert: path('cert'), key: path('other') },
      'UsageError',
      /^key: \/.*other does not match the certificate \/.*cert$/,
    );
  });

  it('must be there in pairs', () => {
    fails({ [CERT]: path('cert') }, {}, 'SnoopkitError', /^OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: needs a key: set/);
    fails({ [CLIENT_KEY]: path('key') }, {}, 'SnoopkitError', /^OTEL_EXPORTER_OTLP_CLIENT_KEY: needs a certificate/);
    fails({ [own(CERT)]: path('cert') }, {}, 'SnoopkitError', /^OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE: /);
    fails({}, { cert: path('cert') }, 'UsageError', /^cert: needs a key/);
    fails({}, { key: path('key') }, 'UsageError', /^key: needs a certificate/);
  });
});
