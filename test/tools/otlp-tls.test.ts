import assert from 'node:assert/strict';
import { needs, whyMissing } from '../capability.js';
import { suiteCertificates } from '../helpers/certificates.js';
import { Collector } from '../helpers/otelcol.js';
import { arrivalsOf } from '../helpers/otlp-arrivals.js';
import { accountOf, plainEnvironment } from '../helpers/otlp-run.js';
import { OtlpGrpcServer, OtlpHttpServer } from '../helpers/otlp-server.js';
import { patient } from '../helpers/patience.js';
import { OPENS, snoopkit } from '../helpers/run.js';

const COUNT = 50;
const BURST = [OPENS, 'burst', `${COUNT}`, '/dev/null'];

describe('--output otlp: TLS', () => {
  before(function () {
    needs(this, 'root');
  });
  const certificates = suiteCertificates();
  const file = (name: string) => certificates.file(name);
  const opensnoop = (...flags: string[]) =>
    snoopkit(['opensnoop', '-o', 'otlp', ...flags, '--', ...BURST], { env: plainEnvironment() });

  it('over https, by --otlp-ca', async () => {
    const server = await OtlpHttpServer.start(certificates.server);
    try {
      const flags = ['--otlp-endpoint', server.url().origin, '--otlp-ca', file('ca.pem')];
      const { lines, status } = await opensnoop(...flags);
      const { logs } = arrivalsOf(server.requests);
      assert.deepEqual([status, lines.length, accountOf(lines).parts], [0, 1, { delivered: logs.length }]);
      assert.ok(logs.length >= COUNT);
    } finally {
      await server.stop();
    }
  });

  it('by gRPC, with certificates on both sides', async () => {
    const clientCa = certificates.ca;
    const hasCollector = whyMissing('otelcol') === undefined;
    const receiver = hasCollector
      ? await Collector.start({ cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') })
      : await OtlpGrpcServer.start({ ...certificates.server, clientCa });
    try {
      const { host } = receiver instanceof Collector ? receiver.url('grpc') : receiver.url();
      // Without a scheme there is TLS.
      const common = ['--otlp-protocol', 'grpc', '--otlp-endpoint', host, '--otlp-ca', file('ca.pem')];
      const { lines, status } = await opensnoop(
        ...common,
        '--otlp-cert',
        file('client.pem'),
        '--otlp-key',
        file('client.key'),
      );
      const { seen, parts } = accountOf(lines);
      assert.deepEqual([status, lines.length, parts], [0, 1, { delivered: seen }]);
      const requests = receiver instanceof Collector ? receiver.sink.requests : receiver.requests;
      assert.ok(requests.length > 0 && seen >= COUNT);
      if (receiver instanceof Collector) assert.equal(arrivalsOf(receiver.sink.requests).logs.length, seen);

      requests.length = 0;
      const without = await opensnoop(...common, '--otlp-timeout', '1');
      assert.equal(without.status, 0);
      assert.equal(accountOf(without.lines).parts.delivered, 0);
      assert.equal(requests.length, 0);
    } finally {
      await receiver.stop();
    }
  });

  it('is refused at once, and told in a line, where we do not trust the collector', async () => {
    const servers = [await OtlpHttpServer.start(certificates.server), await OtlpGrpcServer.start(certificates.server)];
    try {
      for (const server of servers) {
        const protocol = server instanceof OtlpGrpcServer ? 'grpc' : 'http/protobuf';
        const start = performance.now();
        const { lines, status } = await opensnoop(
          ...['--otlp-protocol', protocol, '--otlp-endpoint', server.url().origin],
          // As good as any other that is not the server's authority.
          ...['--otlp-ca', file('stranger.pem')],
        );
        assert.ok(performance.now() - start < patient(9000), 'it is not tried again');
        assert.equal(status, 0);
        const { seen, parts } = accountOf(lines);
        assert.deepEqual(parts, { delivered: 0, 'dropped: refused by the collector': seen });
        const refusals = lines.filter((line) => /certificate is not trusted/.test(line) && / log records, /.test(line));
        assert.equal(refusals.length, 1, lines.join('\n'));
        assert.match(refusals[0] ?? '', /^snoopkit: the collector refused \d+ log records, now dropped: /);
        assert.deepEqual(server.requests, []);
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
});
