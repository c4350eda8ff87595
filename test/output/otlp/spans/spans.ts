import assert from 'node:assert/strict';
import { messageType } from '../../../../src/output/otlp/messages.js';
import type { AttributeLimits } from '../../../../src/output/otlp/settings/settings.js';
import { encodeSpan, type Span } from '../../../../src/output/otlp/spans/span.js';

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
  readonly dropped: number;
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs decodes has no types.
function readValue(value: any): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(readValue);
  if (value.kvlistValue) return readAttributes(value.kvlistValue.values);
  if (value.bytesValue) return [...value.bytesValue];
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue);
}

const readAttributes = (attributes: readonly { key: string; value: unknown }[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));

const NO_LIMITS: AttributeLimits = {
  valueLength: Number.POSITIVE_INFINITY,
  attributeCount: Number.POSITIVE_INFINITY,
};

/** What a collector reads of spans in one ScopeSpans. */
export function readSpans(emitted: readonly Span[], limits = NO_LIMITS): ReadSpan[] {
  const encoded = Buffer.concat(emitted.map((span) => encodeSpan(span, limits)));
  const { spans } = messageType('ScopeSpans').toObject(messageType('ScopeSpans').decode(encoded), {
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
      dropped: span.droppedAttributesCount ?? 0,
      attributes: readAttributes(span.attributes),
    };
  });
}
