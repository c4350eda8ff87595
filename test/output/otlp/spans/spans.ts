import assert from 'node:assert/strict';
import { messageType } from '../../../../src/output/otlp/messages.js';

/** A span as a collector reads it. */
export interface ReadSpan {
  readonly trace: string;
  readonly id: string;
  /** Empty where it has none. */
  readonly parent: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly flags: number;
  /** 2 for an error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs decodes has no types.
function readValue(value: any): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(readValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue);
}

/** Reads what was emitted, as members of one ScopeSpans. */
export function readSpans(emitted: readonly Uint8Array[]): ReadSpan[] {
  const { spans } = messageType('ScopeSpans').toObject(messageType('ScopeSpans').decode(Buffer.concat(emitted)), {
    longs: String,
    arrays: true,
  });
  assert.equal(spans.length, emitted.length);
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  return spans.map((span: any) => {
    const keys = span.attributes.map(({ key }: { key: string }) => key);
    assert.equal(new Set(keys).size, keys.length, 'each attribute once');
    assert.deepEqual([span.traceId.length, span.spanId.length], [16, 8]);
    return {
      trace: hex(span.traceId),
      id: hex(span.spanId),
      parent: hex(span.parentSpanId),
      name: span.name,
      kind: span.kind,
      start: BigInt(span.startTimeUnixNano),
      end: BigInt(span.endTimeUnixNano),
      flags: span.flags,
      status: span.status?.code ?? 0,
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }: { key: string; value: unknown }) => [key, readValue(value)]),
      ),
    };
  });
}
