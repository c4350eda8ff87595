/** OTLP/JSON: opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding. */
import { messageType } from '../messages.js';
import type { Signal } from '../types.js';

/** Messages of requests in messages.ts. */
export const REQUESTS: Readonly<Record<Signal, string>> = {
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};

/** Hexadecimal, unlike all other bytes. */
const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

/**
 * Encodes bytes; the rest follows protobufjs's `json` conversion. A Buffer would have been replaced by its toJSON()
 * before.
 */
function bytesToText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const field = this[key];
  if (!(field instanceof Uint8Array)) return value;
  return Buffer.from(field).toString(IDS.has(key) ? 'hex' : 'base64');
}

/** Converts encoded requests to JSON: 64-bit integers are strings, enums are numbers, NaN and Infinity are strings. */
export function jsonEncoder(signal: Signal): (request: Uint8Array) => Buffer {
  const type = messageType(REQUESTS[signal]);
  return (request) => {
    const plain = type.toObject(type.decode(request), { longs: String, json: true });
    return Buffer.from(JSON.stringify(plain, bytesToText));
  };
}
