import assert from 'node:assert/strict';
import { Envelope } from '../../../../src/output/otlp/delivery/envelope.js';
import { type ArrivedSpan, arrivalsOf } from '../../../helpers/otlp-arrivals.js';

const NOTHING = new Uint8Array();

/** Reads what was emitted, members of one ScopeSpans, as a collector does. */
export function readSpans(emitted: readonly Uint8Array[]): ArrivedSpan[] {
  if (emitted.length === 0) return [];
  const body = Buffer.from(new Envelope(NOTHING, NOTHING, '').wrap(emitted));
  const { spans } = arrivalsOf([{ path: '/v1/traces', headers: {}, body }]);
  assert.equal(spans.length, emitted.length);
  for (const { trace, id } of spans) assert.deepEqual([trace.length, id.length], [32, 16]);
  return spans;
}
