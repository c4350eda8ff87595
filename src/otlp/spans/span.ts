/** Spans and their encoding. */
import { messageType } from '../messages.js';
import type { AttributeLimits } from '../settings/settings.js';
import type { RecordResource } from '../types.js';
import { int64, type KeyValue } from '../values.js';
import { bytesField } from '../wire.js';
import { limited } from './limits.js';
import type { SpanContext } from './trace-context.js';

const SPAN = messageType('Span');

export const SPAN_KIND = { INTERNAL: 1, SERVER: 2, CLIENT: 3 } as const;

export interface ParentSpan {
  readonly spanId: Uint8Array;
  /** Whether it came from an environment instead of this run. */
  readonly isRemote: boolean;
}

export interface Span {
  readonly context: SpanContext;
  readonly parent: ParentSpan | undefined;
  readonly name: string;
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND];
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: readonly KeyValue[];
  readonly hasFailed: boolean;
  /** A resource other than the common one. */
  readonly resource?: RecordResource | undefined;
}

export type EmitSpan = (span: Span) => void;

/** SpanFlags of opentelemetry-proto: whether it is known if the parent is remote, and whether it is. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const STATUS_ERROR = 2;
/** ScopeSpans.spans */
const SPANS = 2;

/** Encodes a span with tag and length, as a field of ScopeSpans. */
export function encodeSpan(
  { context, parent, name, kind, start, end, attributes, hasFailed }: Span,
  limits: AttributeLimits,
): Uint8Array {
  const message = {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.state !== undefined && { traceState: context.state }),
    ...(parent && { parentSpanId: parent.spanId }),
    name,
    kind,
    startTimeUnixNano: int64(start),
    // The clock may have been set back; a span must not end before its start.
    endTimeUnixNano: int64(start <= end ? end : start),
    ...limited(attributes, limits),
    ...(hasFailed && { status: { code: STATUS_ERROR } }),
    flags: context.flags | HAS_IS_REMOTE | (parent?.isRemote ? IS_REMOTE : 0),
  };
  return bytesField(SPANS, SPAN.encode(message).finish());
}
