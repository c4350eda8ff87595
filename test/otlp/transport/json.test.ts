import assert from 'node:assert/strict';
import { messageType } from '../../../src/otlp/messages.js';
import { jsonEncoder, REQUESTS } from '../../../src/otlp/transport/json.js';
import type { Signal } from '../../../src/otlp/types.js';
import { encodedRequest } from '../../helpers/otlp-requests.js';

const asJson = (signal: Signal) => JSON.parse(jsonEncoder(signal)(encodedRequest(signal)).toString());

const TRACE = '000102030405060708090a0b0c0d0e0f';
const SPAN = 'f0f1f2f3f4f5f6f7';

/** A request with this as its only attribute's value. */
function withValue(value: object): unknown {
  const resource = { attributes: [{ key: 'it', value }] };
  const request = messageType(REQUESTS.logs)
    .encode({ resourceLogs: [{ resource }] })
    .finish();
  return JSON.parse(jsonEncoder('logs')(request).toString()).resourceLogs[0].resource.attributes[0].value;
}

describe('output: OTLP as JSON', () => {
  it('has log records by the names and the types of OTLP/JSON', () => {
    const [{ schemaUrl, scopeLogs }] = asJson('logs').resourceLogs;
    assert.equal(schemaUrl, 'https://opentelemetry.io/schemas/1.45.0');
    assert.deepEqual(scopeLogs[0].scope, { name: 'opensnoop', version: '1.2.3' });
    assert.deepEqual(scopeLogs[0].logRecords, [
      {
        timeUnixNano: '1700000000000000001',
        observedTimeUnixNano: '1700000000123456789',
        severityNumber: 9,
        body: { stringValue: 'opened' },
        attributes: [
          { key: 'text', value: { stringValue: 'a "b"\né \u{1f600}' } },
          { key: 'int', value: { intValue: '-9007199254740993' } },
          { key: 'zero', value: { intValue: '0' } },
          { key: 'no', value: { boolValue: false } },
          { key: 'double', value: { doubleValue: 0.1 } },
          { key: 'bytes', value: { bytesValue: '//4A' } },
          { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { stringValue: 'y' }] } } },
          { key: 'map', value: { kvlistValue: { values: [{ key: 'traceId', value: { stringValue: 'z' } }] } } },
        ],
        droppedAttributesCount: 1,
        flags: 1,
        traceId: TRACE,
        spanId: SPAN,
        eventName: 'snoopkit.file.open',
      },
    ]);
  });

  it('has the ids of spans and links in hexadecimal', () => {
    const [span] = asJson('traces').resourceSpans[0].scopeSpans[0].spans;
    assert.deepEqual([span.traceId, span.spanId, span.parentSpanId], [TRACE, SPAN, SPAN]);
    assert.deepEqual(span.links, [{ traceId: TRACE, spanId: SPAN }]);
    assert.deepEqual([span.kind, span.status, span.flags], [1, { code: 2, message: 'it failed' }, 0x101]);
  });

  it('has counts of 64 bits as strings, and the rest as numbers', () => {
    const [sum, gauge, histogram, exponential] = asJson('metrics').resourceMetrics[0].scopeMetrics[0].metrics;
    assert.equal(sum.sum.dataPoints[0].asInt, '12345678901234567');
    assert.deepEqual([sum.sum.aggregationTemporality, sum.sum.isMonotonic], [2, true]);
    assert.equal(gauge.gauge.dataPoints[0].asDouble, 0.25);
    const [point] = histogram.histogram.dataPoints;
    assert.deepEqual(
      [point.count, point.sum, point.bucketCounts, point.explicitBounds],
      ['6', 1.5, ['1', '2', '3'], [0.5, 1]],
    );
    const [{ scale, zeroCount, positive }] = exponential.exponentialHistogram.dataPoints;
    assert.deepEqual([scale, zeroCount, positive], [-1, '1', { offset: -3, bucketCounts: ['1', '1'] }]);
  });

  it('has doubles that JSON has not as strings', () => {
    assert.deepEqual(withValue({ doubleValue: Number.NaN }), { doubleValue: 'NaN' });
    assert.deepEqual(withValue({ doubleValue: Number.POSITIVE_INFINITY }), { doubleValue: 'Infinity' });
    assert.deepEqual(withValue({ doubleValue: Number.NEGATIVE_INFINITY }), { doubleValue: '-Infinity' });
  });

  it('keeps the extremes of 64 bits, and what is empty', () => {
    const extreme = { low: 0, high: -0x80000000, unsigned: false };
    assert.deepEqual(withValue({ intValue: extreme }), { intValue: `${-(2n ** 63n)}` });
    assert.deepEqual(withValue({ stringValue: '' }), { stringValue: '' });
    assert.deepEqual(withValue({ bytesValue: Buffer.alloc(0) }), { bytesValue: '' });
    assert.deepEqual(asJson('logs').resourceLogs.length, 1);
    assert.equal(jsonEncoder('logs')(new Uint8Array()).toString(), '{}');
  });
});
