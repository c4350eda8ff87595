import assert from 'node:assert/strict';
import { untrusted } from '../../../src/otlp/transport/tls.js';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import type { TlsFiles } from '../../../src/otlp/types.js';
import { suiteCertificates } from '../../helpers/certificates.js';
import type { OtlpGrpcServer, OtlpHttpServer, ServerTls } from '../../helpers/otlp-server.js';
import { AGENT, routeTo, SERVERS, sendAll, sendOne, soon, TAKEN } from './helpers.js';

describe('output: OTLP over TLS', () => {
  const certificates = suiteCertificates();

  it('names our remedy for a certificate without an authority, and not the one of Node 24', () => {
    const node20 = 'unable to verify the first certificate';
    const node24 = `${node20}; if the root CA is installed locally, try running Node.js with --use-system-ca`;
    assert.equal(untrusted(node24), untrusted(node20));
    assert.match(
      untrusted(node24),
      /first certificate; set OTEL_EXPORTER_OTLP_CERTIFICATE to a file of CA certificates$/,
    );
  });

  for (const [protocol, Server] of SERVERS) {
    describe(protocol, () => {
      let server: OtlpHttpServer | OtlpGrpcServer | undefined;
      afterEach(() => server?.stop());

      async function outcomes(tls: ServerTls, files: TlsFiles, host = '127.0.0.1', times = 1) {
        server = await Server.start(tls);
        const url = server.url();
        url.hostname = host;
        return sendAll(routeTo(url, protocol, { tls: files }), Array.from({ length: times }, soon));
      }

      it('trusts the authority that it was given, for a name as for an address', async () => {
        for (const host of ['127.0.0.1', 'localhost']) {
          const warnings: unknown[] = [];
          const listener = (warning: unknown) => warnings.push(warning);
          process.on('warning', listener);
          assert.deepEqual(await outcomes(certificates.server, { ca: certificates.ca }, host, 2), [TAKEN, TAKEN]);
          process.off('warning', listener);
          assert.deepEqual(warnings, []);
          await server?.stop();
        }
      });

      it('refuses at once a certificate that no authority vouches for', async () => {
        const [outcome] = await outcomes(certificates.server, {});
        assert.equal(outcome?.kind, 'refused');
        assert.match(outcome.message, /is not trusted: .*certificate; set OTEL_EXPORTER_OTLP_CERTIFICATE to a file/);
        assert.equal(server?.requests.length, 0);
      });

      it('refuses at once the certificate of another host', async () => {
        for (const host of ['127.0.0.1', 'localhost']) {
          const [outcome] = await outcomes(certificates.stranger, { ca: certificates.ca }, host);
          assert.equal(outcome?.kind, 'refused');
          assert.match(outcome.message, /is not trusted: .*altnames/);
          assert.ok(outcome.message.includes(host), outcome.message);
          assert.equal(server?.requests.length, 0);
          await server?.stop();
        }
      });

      it('shows its certificate to a collector that asks for one', async () => {
        const { ca, client } = certificates;
        assert.deepEqual(await outcomes({ ...certificates.server, clientCa: ca }, { ca, ...client }), [TAKEN]);
      });

      it('sends nothing to a collector that wants a certificate, where it has none', async () => {
        const { ca } = certificates;
        const [outcome] = await outcomes({ ...certificates.server, clientCa: ca }, { ca });
        assert.equal(outcome?.kind, 'refused');
        assert.match(outcome.message, /^the collector requires a client certificate or rejected ours: .*alert/);
        assert.equal(server?.requests.length, 0);
      });

      it('does not take a collector without TLS', async () => {
        server = await Server.start();
        const url = new URL(`https://127.0.0.1:${server.port}`);
        const outcome = await sendOne(routeTo(url, protocol, { tls: { ca: certificates.ca } }));
        assert.equal(outcome.kind, 'refused');
        assert.match(
          outcome.message,
          /^the collector does not use TLS, which https:\/\/ and secure gRPC require: wrong version number$/,
        );
        assert.equal(server.requests.length, 0);
      });

      it('says what is wrong with files that are no certificates', async () => {
        const url = new URL('https://127.0.0.1:1');
        const { cert } = certificates.client;
        for (const tls of [
          { cert, key: certificates.server.key },
          { cert: Buffer.from('x'), key: Buffer.from('x') },
        ]) {
          await assert.rejects(transportOf(routeTo(url, protocol, { tls }), AGENT), {
            code: 'ERR_SNOOPKIT_USAGE',
            message: /^cannot use the OTLP certificates: /,
          });
        }
      });
    });
  }
});
