/** Trace and span in the form of W3C Trace Context: www.w3.org/TR/trace-context. */
import { randomFillSync } from 'node:crypto';

export interface SpanContext {
  /** 16 bytes, not all zero. */
  readonly traceId: Uint8Array;
  /** 8 bytes, not all zero. */
  readonly spanId: Uint8Array;
  /** Bits SAMPLED and RANDOM. */
  readonly flags: number;
  /** Vendor-specific data: TRACESTATE as received. */
  readonly state?: string | undefined;
}

/** The trace is recorded. The only flag defined in all versions. */
export const SAMPLED = 1;
/** The last 7 bytes of the trace ID are random: samplers may use them. */
export const RANDOM = 2;

const TRACE_ID_SIZE = 16;
const SPAN_ID_SIZE = 8;
/** Version 00. Later versions may append more after another dash. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
const NO_VERSION = 'ff';

export const isZero = (id: Uint8Array): boolean => id.every((byte) => byte === 0);

/** Parses a `traceparent`; undefined if it is malformed and must be ignored. */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, version, trace, span, flags, more] = FORM.exec(text ?? '') ?? [];
  if (version === undefined || trace === undefined || span === undefined || flags === undefined) return undefined;
  if (version === NO_VERSION || (version === '00' && more !== undefined)) return undefined;
  const context = {
    traceId: Buffer.from(trace, 'hex'),
    spanId: Buffer.from(span, 'hex'),
    // Other flags of future versions are unknown.
    flags: Number.parseInt(flags, 16) & (version === '00' ? SAMPLED | RANDOM : SAMPLED),
  };
  return isZero(context.traceId) || isZero(context.spanId) ? undefined : context;
}

const MOST_MEMBERS = 32;
/** A key with an optional tenant, and a value that does not end in a blank. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(@[a-z0-9_\-*/]{1,14})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[!-+\x2d-<>-~]$/;

/** Checks a `tracestate` and returns it unchanged; undefined if it is malformed and must be dropped. */
export function parseTracestate(text: string | undefined): string | undefined {
  const members = (text ?? '').split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const given = members.filter((member) => member !== '');
  const isWell = given.length > 0 && given.length <= MOST_MEMBERS && given.every((member) => MEMBER.test(member));
  return isWell ? given.join(',') : undefined;
}

/** Trace context of an environment. TRACESTATE is meaningless without TRACEPARENT. */
export function environmentContext(env: {
  readonly TRACEPARENT?: string | undefined;
  readonly TRACESTATE?: string | undefined;
}): SpanContext | undefined {
  const context = parseTraceparent(env.TRACEPARENT);
  return context && { ...context, state: parseTracestate(env.TRACESTATE) };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export function formatTraceparent({ traceId, spanId, flags }: SpanContext): string {
  return `00-${hex(traceId)}-${hex(spanId)}-${flags.toString(16).padStart(2, '0')}`;
}

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Buffered random bytes for an ID. A system call for each would cost more than the rest of the span. */
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
