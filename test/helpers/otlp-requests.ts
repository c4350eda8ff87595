/** Small requests of each signal, with a value of each kind. */

import { messageType } from '../../src/otlp/messages.js';
import { REQUESTS } from '../../src/otlp/transport/json.js';
import type { Signal } from '../../src/otlp/types.js';

const int = (text: string) => {
  const value = BigInt.asUintN(64, BigInt(text));
  return { low: Number(value & 0xffffffffn) | 0, high: Number(value >> 32n) | 0, unsigned: true };
};

const RESOURCE = { attributes: [{ key: 'service.name', value: { stringValue: 'snoopkit' } }] };
const SCOPE = { name: 'opensnoop', version: '1.2.3' };
const SCHEMA = 'https://opentelemetry.io/schemas/1.45.0';
const TRACE = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const SPAN = Buffer.from('f0f1f2f3f4f5f6f7', 'hex');
const ATTRIBUTES = [
  { key: 'text', value: { stringValue: 'a "b"\n\u00e9 \u{1f600}' } },
  { key: 'int', value: { intValue: int('-9007199254740993') } },
  { key: 'zero', value: { intValue: int('0') } },
  { key: 'no', value: { boolValue: false } },
  { key: 'double', value: { doubleValue: 0.1 } },
  { key: 'bytes', value: { bytesValue: Buffer.from([0xff, 0xfe, 0x00]) } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { stringValue: 'y' }] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'traceId', value: { stringValue: 'z' } }] } } },
];
const START = int('1700000000000000001');
const END = int('1700000000123456789');

const LOGS = {
  resourceLogs: [
    {
      resource: RESOURCE,
      scopeLogs: [
        {
          scope: SCOPE,
          logRecords: [
            {
              timeUnixNano: START,
              observedTimeUnixNano: END,
              severityNumber: 9,
              body: { stringValue: 'opened' },
              attributes: ATTRIBUTES,
              droppedAttributesCount: 1,
              flags: 1,
              traceId: TRACE,
              spanId: SPAN,
              eventName: 'snoopkit.file.open',
            },
          ],
          schemaUrl: SCHEMA,
        },
      ],
      schemaUrl: SCHEMA,
    },
  ],
};

const TRACES = {
  resourceSpans: [
    {
      resource: RESOURCE,
      scopeSpans: [
        {
          scope: SCOPE,
          spans: [
            {
              traceId: TRACE,
              spanId: SPAN,
              parentSpanId: SPAN,
              name: 'cat',
              kind: 1,
              startTimeUnixNano: START,
              endTimeUnixNano: END,
              attributes: ATTRIBUTES,
              links: [{ traceId: TRACE, spanId: SPAN }],
              status: { code: 2, message: 'it failed' },
              flags: 0x101,
            },
          ],
        },
      ],
    },
  ],
};

const POINT = { startTimeUnixNano: START, timeUnixNano: END };

const METRICS = {
  resourceMetrics: [
    {
      resource: RESOURCE,
      scopeMetrics: [
        {
          scope: SCOPE,
          metrics: [
            {
              name: 'snoopkit.events',
              unit: '{event}',
              sum: {
                dataPoints: [{ ...POINT, asInt: int('12345678901234567'), attributes: ATTRIBUTES.slice(0, 2) }],
                aggregationTemporality: 2,
                isMonotonic: true,
              },
            },
            { name: 'snoopkit.ratio', gauge: { dataPoints: [{ timeUnixNano: END, asDouble: 0.25 }] } },
            {
              name: 'snoopkit.duration',
              unit: 's',
              histogram: {
                dataPoints: [
                  {
                    ...POINT,
                    count: int('6'),
                    sum: 1.5,
                    bucketCounts: [int('1'), int('2'), int('3')],
                    explicitBounds: [0.5, 1],
                  },
                ],
                aggregationTemporality: 1,
              },
            },
            {
              name: 'snoopkit.size',
              exponentialHistogram: {
                dataPoints: [
                  {
                    ...POINT,
                    count: int('3'),
                    sum: 10,
                    scale: -1,
                    zeroCount: int('1'),
                    positive: { offset: -3, bucketCounts: [int('1'), int('1')] },
                  },
                ],
                aggregationTemporality: 2,
              },
            },
          ],
        },
      ],
    },
  ],
};

const PLAIN: Readonly<Record<Signal, Record<string, unknown>>> = { logs: LOGS, traces: TRACES, metrics: METRICS };

export function encodedRequest(signal: Signal): Uint8Array {
  return messageType(REQUESTS[signal]).encode(PLAIN[signal]).finish();
}
