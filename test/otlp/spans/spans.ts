import assert from 'node:assert/strict';
import { Envelope } from '../../../src/otlp/delivery/envelope.js';
import type { AttributeLimits } from '../../../src/otlp/settings/settings.js';
import { encodeSpan, type Span } from '../../../src/otlp/spans/span.js';
import { type ArrivedSpan, arrivalsOf } from '../../helpers/otlp-arrivals.js';

const NOTHING = new Uint8Array();
const NO_LIMITS: AttributeLimits = {
  valueLength: Number.POSITIVE_INFINITY,
  attributeCount: Number.POSITIVE_INFINITY,
};

/** Reads what was emitted as a collector does. */
export function readSpans(emitted: readonly Span[], limits = NO_LIMITS): ArrivedSpan[] {
  if (emitted.length === 0) return [];
  const body = Buffer.from(new Envelope(NOTHING, NOTHING, '').wrap(emitted.map((span) => encodeSpan(span, limits))));
  const { spans } = arrivalsOf([{ path: '/v1/traces', headers: {}, body }]);
  assert.equal(spans.length, emitted.length);
  for (const { trace, id } of spans) assert.deepEqual([trace.length, id.length], [32, 16]);
  return spans;
}
