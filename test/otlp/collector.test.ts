/** With a collector that is not ours. */
import assert from 'node:assert/strict';
import { jsonEncoder } from '../../src/otlp/transport/json.js';
import { transportOf } from '../../src/otlp/transport/transport.js';
import { PROTOCOLS, type Route, SIGNALS, type TlsFiles } from '../../src/otlp/types.js';
import { needs } from '../capability.js';
import { suiteCertificates } from '../helpers/certificates.js';
import { Collector, type CollectorTls } from '../helpers/otelcol.js';
import { encodedRequest } from '../helpers/otlp-requests.js';
import { AGENT, PATHS, routeTo, sendOne, soon, TAKEN } from './transport/helpers.js';

/** Default values, which JSON may omit. */
const isDefault = (value: unknown): boolean =>
  value === '' || value === 0 || value === '0' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);

/** Without what says nothing, which one encoder writes and another doesn't; values of attributes stay. */
function significant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(significant);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, it]) => [key, significant(it)] as const);
  return Object.fromEntries(members.filter(([key, it]) => key.endsWith('Value') || key === 'asInt' || !isDefault(it)));
}

describe('output: OTLP to the collector of OpenTelemetry', () => {
  before(function () {
    needs(this, 'otelcol');
  });
  const certificates = suiteCertificates();
  const secure = (): CollectorTls => ({ cert: certificates.file('server.pem'), key: certificates.file('server.key') });
  const ways: readonly [name: string, collector: () => CollectorTls | undefined, client: () => TlsFiles][] = [
    ['plain', () => undefined, () => ({})],
    ['over TLS', secure, () => ({ ca: certificates.ca })],
    [
      'over TLS, with certificates on both sides',
      () => ({ ...secure(), clientCa: certificates.file('ca.pem') }),
      () => ({ ca: certificates.ca, ...certificates.client }),
    ],
  ];

  for (const [way, collectorTls, clientTls] of ways) {
    describe(way, () => {
      let collector: Collector;
      before(async () => {
        collector = await Collector.start(collectorTls());
      });
      after(() => collector?.stop());

      const routes = (): Route[] =>
        PROTOCOLS.flatMap((protocol) =>
          SIGNALS.flatMap((signal) =>
            [false, true].map((isCompressed) => {
              const url = protocol === 'grpc' ? collector.url('grpc') : collector.url('http', PATHS[signal]);
              return routeTo(url, protocol, { signal, isCompressed, tls: clientTls() });
            }),
          ),
        );

      it('is understood, all of it, in each encoding', async () => {
        for (const route of routes()) {
          const { signal } = route;
          assert.deepEqual(await sendOne(route), TAKEN, `${route.protocol} ${signal}`);
          const sent = JSON.parse(jsonEncoder(signal)(encodedRequest(signal)).toString());
          const [got, ...more] = collector.received();
          assert.deepEqual(more, []);
          assert.equal(got?.path, PATHS[signal]);
          assert.deepEqual(significant(got.json), significant(sent), `${route.protocol} ${signal}`);
        }
      });

      it('is told when to try again, and when not', async () => {
        for (const [status, kind] of [
          [400, 'refused'],
          [401, 'refused'],
          [503, 'later'],
        ] as const) {
          for (const route of routes()) {
            collector.sink.answers.push({ status });
            const outcome = await sendOne(route);
            assert.equal(outcome.kind, kind, `${route.protocol} ${status}: ${outcome.message}`);
          }
        }
      });

      if (way !== 'plain') {
        it('is not reached by who does not trust it, or has no certificate', async () => {
          collector.received();
          for (const route of routes()) {
            const mutual = clientTls().cert !== undefined;
            const outcome = await sendOne({ ...route, tls: mutual ? { ca: certificates.ca } : {} });
            assert.notEqual(outcome.kind, 'taken');
            if (!mutual) assert.equal(outcome.kind, 'refused', outcome.message);
          }
          assert.deepEqual(collector.received(), []);
        });
      } else {
        it('says what it does not take', async () => {
          const nowhere = await sendOne(routeTo(collector.url('http', '/nowhere'), 'http/protobuf'));
          assert.equal(nowhere.kind, 'refused');
          assert.match(nowhere.message, /^HTTP 404 Not Found/);
          for (const protocol of ['http/protobuf', 'grpc'] as const) {
            const url = protocol === 'grpc' ? collector.url('grpc') : collector.url('http', PATHS.logs);
            const transport = await transportOf(routeTo(url, protocol), AGENT);
            const { kind, message } = await transport.send(Uint8Array.of(0xff, 0xff, 1), soon());
            transport.close();
            assert.equal(kind, 'refused');
            // As a google.rpc.Status over HTTP.
            assert.match(message, /^(HTTP 400 Bad Request|INTERNAL): .*unexpected EOF$/);
          }
        });
      }
    });
  }
});
