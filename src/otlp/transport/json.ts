/** OTLP/JSON: opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding. */
import { messageType } from '../messages.js';
import type { Signal } from '../types.js';

/** What requests are in messages.ts. */
export const REQUESTS: Readonly<Record<Signal, string>> = {
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};

/** Unlike all other bytes these are hexadecimal. */
const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

/** Bytes; the rest is as `json` of protobufjs makes it. A Buffer would have been replaced by its toJSON() before. */
function bytesToText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const field = this[key];
  if (!(field instanceof Uint8Array)) return value;
  return Buffer.from(field).toString(IDS.has(key) ? 'hex' : 'base64');
}

/** Makes JSON of encoded requests: integers of 64 bits are strings, enums are numbers, NaN and Infinity are strings. */
export function jsonEncoder(signal: Signal): (request: Uint8Array) => Buffer {
  const type = messageType(REQUESTS[signal]);
  return (request) => {
    const plain = type.toObject(type.decode(request), { longs: String, json: true });
    return Buffer.from(JSON.stringify(plain, bytesToText));
  };
}
