/** Which trace and which span something belongs to, as W3C Trace Context has it: www.w3.org/TR/trace-context. */
import { randomFillSync } from 'node:crypto';

export interface SpanContext {
  /** 16 bytes, not all zero. */
  readonly traceId: Uint8Array;
  /** 8 bytes, not all zero. */
  readonly spanId: Uint8Array;
  /** SAMPLED or 0. */
  readonly flags: number;
}

/** The one flag of a context that all versions have. */
export const SAMPLED = 1;

const TRACE_ID_SIZE = 16;
const SPAN_ID_SIZE = 8;
/** Of version 00; a later one may have more, behind another dash. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
const NO_VERSION = 'ff';

export const isZero = (id: Uint8Array): boolean => id.every((byte) => byte === 0);

/** What a `traceparent` says; undefined for one that is malformed, which counts for nothing. */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, version, trace, span, flags, more] = FORM.exec(text ?? '') ?? [];
  if (version === undefined || trace === undefined || span === undefined || flags === undefined) return undefined;
  if (version === NO_VERSION || (version === '00' && more !== undefined)) return undefined;
  const context = {
    traceId: Buffer.from(trace, 'hex'),
    spanId: Buffer.from(span, 'hex'),
    flags: Number.parseInt(flags, 16) & SAMPLED,
  };
  return isZero(context.traceId) || isZero(context.spanId) ? undefined : context;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export function formatTraceparent({ traceId, spanId, flags }: SpanContext): string {
  return `00-${hex(traceId)}-${hex(spanId)}-${flags === 0 ? '00' : '01'}`;
}

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes for an id: to ask the system for each would cost more than all else of a span. */
function randomId(size: number): Uint8Array {
  for (;;) {
    if (used + size > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const id = Buffer.from(pool.subarray(used, used + size));
    used += size;
    if (!isZero(id)) return id;
  }
}

export const newTraceId = (): Uint8Array => randomId(TRACE_ID_SIZE);
export const newSpanId = (): Uint8Array => randomId(SPAN_ID_SIZE);
