import assert from 'node:assert/strict';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import { suiteCertificates } from '../../helpers/certificates.js';
import { OtlpGrpcServer, OtlpHttpServer } from '../../helpers/otlp-server.js';
import { HttpProxy } from '../../helpers/proxy.js';
import { AGENT, abortedWhen, routeTo, sendAll, sendOne, soon, TAKEN } from './helpers.js';

const AUTHORIZATION = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;

describe('output: OTLP through a proxy', () => {
  let proxy: HttpProxy;
  beforeEach(async () => {
    proxy = await HttpProxy.start();
  });
  afterEach(() => proxy.stop());

  describe('plain HTTP', () => {
    let server: OtlpHttpServer;
    beforeEach(async () => {
      server = await OtlpHttpServer.start();
    });
    afterEach(() => server.stop());

    it('asks the proxy for the whole URL', async () => {
      const url = server.url('/v1/logs?a=b');
      assert.deepEqual(await sendOne(routeTo(url, 'http/protobuf', { proxy: proxy.url('me:p%40ss@') })), TAKEN);
      assert.deepEqual(proxy.seen, [{ asked: `POST ${url}`, authorization: AUTHORIZATION }]);
      const [got] = server.requests;
      assert.equal(got?.path, '/v1/logs?a=b');
      assert.equal(got.headers.host, url.host);
      assert.equal(got.headers['proxy-authorization'], undefined);
    });

    it('takes the answer of the proxy as that of the collector', async () => {
      proxy.refuseWith = 407;
      const { kind, message } = await sendOne(routeTo(server.url(), 'http/protobuf', { proxy: proxy.url() }));
      assert.deepEqual([kind, message], ['refused', 'HTTP 407 Proxy Authentication Required']);
    });
  });

  describe('TLS', () => {
    const certificates = suiteCertificates();
    let server: OtlpHttpServer;
    beforeEach(async () => {
      server = await OtlpHttpServer.start(certificates.server);
    });
    afterEach(() => server.stop());

    const route = (changes: object = {}) =>
      routeTo(server.url('/v1/logs', 'localhost'), 'http/protobuf', {
        proxy: proxy.url('me:p%40ss@'),
        tls: { ca: certificates.ca },
        ...changes,
      });

    it('goes through one tunnel, and checks the certificate of the collector', async () => {
      assert.deepEqual(await sendAll(route(), [soon(), soon()]), [TAKEN, TAKEN]);
      assert.deepEqual(proxy.seen, [{ asked: `CONNECT localhost:${server.port}`, authorization: AUTHORIZATION }]);
      assert.equal(server.requests[0]?.headers['proxy-authorization'], undefined);
      const { kind, message } = await sendOne(route({ tls: {} }));
      assert.equal(kind, 'refused');
      assert.match(message, /is not trusted/);
    });

    it('tells what the proxy answers, and tries again what is worth it', async () => {
      for (const [status, kind] of [
        [407, 'refused'],
        [403, 'refused'],
        [502, 'later'],
        [503, 'later'],
      ] as const) {
        proxy.refuseWith = status;
        const outcome = await sendOne(route());
        assert.equal(outcome.kind, kind);
        assert.match(outcome.message, new RegExp(`^the proxy: HTTP ${status} `));
      }
      const unreachable = route();
      await proxy.stop();
      const gone = await sendOne(unreachable);
      assert.equal(gone.kind, 'later');
      assert.match(gone.message, /ECONNREFUSED/);
    });

    it('gives up in time where the proxy does not answer', async () => {
      proxy.hangs = true;
      const transport = await transportOf(route(), AGENT);
      assert.equal(
        (
          await transport.send(
            new Uint8Array(),
            abortedWhen(() => proxy.seen.length > 0),
          )
        ).kind,
        'later',
      );
      transport.close();
    });

    it('sends gRPC through a tunnel, too', async () => {
      const collector = await OtlpGrpcServer.start(certificates.server);
      try {
        for (const host of ['localhost', '127.0.0.1']) {
          const url = collector.url(host);
          assert.deepEqual(
            await sendOne(routeTo(url, 'grpc', { proxy: proxy.url(), tls: { ca: certificates.ca } })),
            TAKEN,
          );
        }
        assert.equal(proxy.seen.length, 2);
      } finally {
        collector.stop();
      }
    });
  });

  describe('gRPC', () => {
    let server: OtlpGrpcServer;
    beforeEach(async () => {
      server = await OtlpGrpcServer.start();
    });
    afterEach(() => server.stop());

    it('goes through a tunnel, with the credentials of the proxy', async () => {
      const outcome = await sendOne(routeTo(server.url('localhost'), 'grpc', { proxy: proxy.url('me:p%40ss@') }));
      assert.deepEqual(outcome, TAKEN);
      assert.deepEqual(proxy.seen, [{ asked: `CONNECT localhost:${server.port}`, authorization: AUTHORIZATION }]);
    });

    it('uses no proxy of the environment', async () => {
      process.env.grpc_proxy = `${proxy.url()}`;
      try {
        assert.deepEqual(await sendOne(routeTo(server.url('localhost'), 'grpc')), TAKEN);
      } finally {
        delete process.env.grpc_proxy;
      }
      assert.deepEqual(proxy.seen, []);
    });

    it('tries again when the proxy refuses', async () => {
      proxy.refuseWith = 503;
      assert.equal((await sendOne(routeTo(server.url(), 'grpc', { proxy: proxy.url() }))).kind, 'later');
    });
  });
});
