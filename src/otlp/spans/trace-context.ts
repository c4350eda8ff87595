/** Which trace and which span something belongs to, as W3C Trace Context has it: www.w3.org/TR/trace-context. */
import { randomFillSync } from 'node:crypto';

export interface SpanContext {
  /** 16 bytes, not all zero. */
  readonly traceId: Uint8Array;
  /** 8 bytes, not all zero. */
  readonly spanId: Uint8Array;
  /** SAMPLED and RANDOM, or either, or 0. */
  readonly flags: number;
  /** What the makers of tracing systems add: TRACESTATE as it came. */
  readonly state?: string | undefined;
}

/** The trace is recorded: the one flag of a context that all versions have. */
export const SAMPLED = 1;
/** The last 7 bytes of the trace's id are random: those who sample may decide by them. */
export const RANDOM = 2;

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
    // Of a version to come nothing else is known.
    flags: Number.parseInt(flags, 16) & (version === '00' ? SAMPLED | RANDOM : SAMPLED),
  };
  return isZero(context.traceId) || isZero(context.spanId) ? undefined : context;
}

const MOST_MEMBERS = 32;
/** A name, with that of a tenant before it or not, and a value that does not end in a blank. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(@[a-z0-9_\-*/]{1,14})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[!-+\x2d-<>-~]$/;

/** A `tracestate` as it came; undefined for one that is malformed, of which nothing is to be kept. */
export function parseTracestate(text: string | undefined): string | undefined {
  const members = (text ?? '').split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const given = members.filter((member) => member !== '');
  const isWell = given.length > 0 && given.length <= MOST_MEMBERS && given.every((member) => MEMBER.test(member));
  return isWell ? given.join(',') : undefined;
}

/** What an environment says; the state means nothing without the rest. */
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
