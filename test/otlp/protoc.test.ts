/** Encoded messages of snoopkit, read by protoc with the official definitions, and the reverse. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventRecord } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { Envelope } from '../../src/otlp/delivery/envelope.js';
import { LogEncoder } from '../../src/otlp/log-encoder.js';
import { messageType } from '../../src/otlp/messages.js';
import { encodeResource, encodeScope, resourceAttributes } from '../../src/otlp/resource.js';
import { REQUESTS } from '../../src/otlp/transport/json.js';
import { SIGNALS, type Signal } from '../../src/otlp/types.js';
import { needs, officialDefinitions } from '../capability.js';
import { encodedRequest } from '../helpers/otlp-requests.js';
import { hostileNames, nameColumn, numberColumn, show } from '../output/helpers.js';

const FILES: Record<Signal, string> = { logs: 'logs', traces: 'trace', metrics: 'metrics' };

function protoc(how: 'decode' | 'encode', signal: Signal, input: Uint8Array): Buffer {
  const service = FILES[signal];
  return execFileSync(
    'protoc',
    [
      `--proto_path=${officialDefinitions()}`,
      `--${how}=opentelemetry.proto.collector.${service}.v1.${REQUESTS[signal]}`,
      `opentelemetry/proto/collector/${service}/v1/${service}_service.proto`,
    ],
    { input, maxBuffer: 64 << 20 },
  );
}

const plain = (signal: Signal, bytes: Uint8Array) => {
  const type = messageType(REQUESTS[signal]);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String });
};

describe('output: OTLP by the official definitions', () => {
  before(function () {
    needs(this, 'protoc');
  });

  for (const signal of SIGNALS)
    it(`has messages for ${signal} of which protoc knows every field`, () => {
      const request = encodedRequest(signal);
      const text = protoc('decode', signal, request);
      // A field that protoc does not know has a number for a name.
      assert.doesNotMatch(text.toString(), /^\s*\d+[:{ ]/m);
      assert.deepEqual(plain(signal, protoc('encode', signal, text)), plain(signal, request));
    });

  it('has log records with names of any bytes', () => {
    const encoder = new LogEncoder(
      'open',
      [numberColumn(), nameColumn('path')],
      {},
      {
        args: 'full',
        valueLength: Number.POSITIVE_INFINITY,
        attributeCount: 128,
        tool: 'opensnoop',
      },
    );
    const resource = resourceAttributes({
      tool: 'opensnoop',
      version: '1.2.3',
      serviceName: undefined,
      attributes: [],
    });
    const envelope = new Envelope(encodeResource(resource), encodeScope('opensnoop', '1.2.3'), 'https://example.org');
    const out = new OutputBuffer();
    let count = 0;
    for (const name of hostileNames(500)) {
      show({ name, number: -count++ });
      encoder.event(new EventRecord(), out);
    }
    const request = envelope.wrap([out.take()]);
    const text = protoc('decode', 'logs', request);
    assert.equal(text.toString().match(/^ {4}log_records \{$/gm)?.length, count);
    assert.deepEqual(plain('logs', protoc('encode', 'logs', text)), plain('logs', request));
  });
});
