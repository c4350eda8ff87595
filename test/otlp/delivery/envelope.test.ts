import assert from 'node:assert/strict';
import { Envelope } from '../../../src/otlp/delivery/envelope.js';
import { messageType } from '../../../src/otlp/messages.js';
import { decode, envelope, idsOf, range, record, SCHEMA_URL } from './fake-collector.js';

describe('OTLP: Envelope', () => {
  it('has the resource, the scope and the conventions around the records', () => {
    const request = decode(envelope().wrap([record(1), Buffer.concat([record(2), record(3)])]));
    assert.equal(request.resourceLogs.length, 1);
    const [{ resource, schemaUrl, scopeLogs }] = request.resourceLogs as [Request];
    assert.deepEqual(
      resource.attributes.map(({ key }) => key),
      ['host.name'],
    );
    assert.equal(schemaUrl, SCHEMA_URL);
    assert.equal(scopeLogs.length, 1);
    assert.equal(scopeLogs[0]?.scope.name, 'opensnoop');
    assert.equal(scopeLogs[0]?.schemaUrl, SCHEMA_URL);
  });

  it('is what protobuf itself would write', () => {
    const bytes = envelope().wrap(range(0, 500).map((id) => record(id)));
    const type = messageType('ExportLogsServiceRequest');
    assert.deepEqual(Buffer.from(type.encode(type.decode(bytes)).finish()), Buffer.from(bytes));
  });

  it('serves spans and metrics as well', () => {
    const span = messageType('ScopeSpans')
      .encode({ spans: [{ name: 'connect' }] })
      .finish();
    const trace = messageType('ExportTraceServiceRequest').decode(envelope().wrap([span]));
    assert.equal(JSON.parse(JSON.stringify(trace)).resourceSpans[0].scopeSpans[0].spans[0].name, 'connect');
    const metric = messageType('ScopeMetrics')
      .encode({ metrics: [{ name: 'opens' }] })
      .finish();
    const metrics = messageType('ExportMetricsServiceRequest').decode(envelope().wrap([metric]));
    assert.equal(JSON.parse(JSON.stringify(metrics)).resourceMetrics[0].scopeMetrics[0].metrics[0].name, 'opens');
  });

  it('holds lengths of one to four bytes, and never more than it says', () => {
    for (const size of [0, 100, 128, 16_000, 16_384, 70_000, 2_097_152, 3_000_000]) {
      const bytes = record(7, size);
      const around = envelope();
      const request = around.wrap([bytes]);
      assert.deepEqual(idsOf(request), [7]);
      assert.ok(request.length <= bytes.length + around.overhead, `${request.length}`);
    }
  });

  it('leaves out an empty URL', () => {
    const request = decode(new Envelope(new Uint8Array(), new Uint8Array(), '').wrap([record(1)]));
    assert.equal(request.resourceLogs[0]?.schemaUrl, '');
    assert.deepEqual(request.resourceLogs[0]?.scopeLogs[0]?.logRecords.length, 1);
  });

  it('makes no request without records', () => {
    assert.throws(() => envelope().wrap([]), RangeError);
  });
});

type Request = ReturnType<typeof decode>['resourceLogs'][number];
