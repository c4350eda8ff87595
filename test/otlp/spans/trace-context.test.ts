import assert from 'node:assert/strict';
import {
  environmentContext,
  formatTraceparent,
  newSpanId,
  newTraceId,
  parseTraceparent,
  parseTracestate,
  RANDOM,
  SAMPLED,
} from '../../../src/otlp/spans/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('otlp: trace contexts', () => {
  it('are read and written', () => {
    for (const flags of ['00', '01', '02', '03']) {
      const text = `00-${TRACE}-${SPAN}-${flags}`;
      const context = parseTraceparent(text) ?? assert.fail();
      assert.equal(Buffer.from(context.traceId).toString('hex'), TRACE);
      assert.equal(Buffer.from(context.spanId).toString('hex'), SPAN);
      assert.equal(context.flags, Number(flags));
      assert.equal(formatTraceparent(context), text);
    }
  });

  it('keep of the flags only those that are known', () => {
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.flags, SAMPLED | RANDOM);
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)?.flags, RANDOM);
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-fc`)?.flags, 0);
    assert.equal(parseTraceparent(`01-${TRACE}-${SPAN}-ff`)?.flags, SAMPLED);
  });

  it('may be of a later version, with more behind', () => {
    for (const text of [`01-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-what the future brings`])
      assert.equal(formatTraceparent(parseTraceparent(text) ?? assert.fail(text)), `00-${TRACE}-${SPAN}-01`);
  });

  it('are nothing when they are malformed', () => {
    for (const text of [
      undefined,
      null,
      '',
      TRACE,
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE}-${SPAN}-1`,
      `00-${TRACE}-${SPAN}-011`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${TRACE}-${SPAN}-01\n`,
      ` 00-${TRACE}-${SPAN}-01`,
      `0-${TRACE}-${SPAN}-01`,
      `ff-${TRACE}-${SPAN}-01`,
      `01-${TRACE}-${SPAN}-01more`,
      `00-${TRACE.slice(1)}-${SPAN}-01`,
      `00-${TRACE}-${SPAN.slice(1)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE.replace('0', 'g')}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00_${TRACE}_${SPAN}_01`,
    ])
      assert.equal(parseTraceparent(text), undefined, String(text));
  });

  it('have a state, if it is well formed', () => {
    const many = Array.from({ length: 32 }, (_, i) => `k${i}=v`);
    for (const text of [
      'a=b',
      'rojo=00f067aa0ba902b7,congo=t61',
      'fw529a3039@dt=FfAA: b',
      '0a=!',
      'ot=th:8;rv:1',
      many.join(),
    ])
      assert.equal(parseTracestate(text), text);
    assert.equal(parseTracestate(' a=b ,\tc=d,, '), 'a=b,c=d');
    for (const text of [
      undefined,
      '',
      ',',
      'a',
      'A=b',
      'a=b=c',
      'a=\u00e9',
      'a=b\n',
      `a=${'x'.repeat(257)}`,
      '=b',
      'a=',
      [...many, 'z=v'].join(),
    ])
      assert.equal(parseTracestate(text), undefined, text);
    const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;
    assert.equal(environmentContext({ TRACEPARENT, TRACESTATE: 'a=b' })?.state, 'a=b');
    assert.equal(environmentContext({ TRACEPARENT, TRACESTATE: '!' })?.flags, SAMPLED);
    assert.equal(environmentContext({ TRACESTATE: 'a=b' }), undefined);
  });

  it('have ids that are all different, and stay as they are', () => {
    const ids = Array.from({ length: 3000 }, () => [newTraceId(), newSpanId()]).flat();
    const texts = ids.map((id) => Buffer.from(id).toString('hex'));
    assert.equal(new Set(texts).size, ids.length);
    assert.deepEqual(
      ids.map((id) => Buffer.from(id).toString('hex')),
      texts,
    );
    assert.ok(ids.every((id, i) => id.length === (i % 2 === 0 ? 16 : 8) && id.some((byte) => byte !== 0)));
  });
});
