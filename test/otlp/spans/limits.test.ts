import assert from 'node:assert/strict';
import { SPAN_KIND, type Span } from '../../../src/otlp/spans/span.js';
import { newSpanId, newTraceId, SAMPLED } from '../../../src/otlp/spans/trace-context.js';
import { keyValue } from '../../../src/otlp/values.js';
import { readSpans } from './spans.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;
const SPAN: Span = {
  context: { traceId: newTraceId(), spanId: newSpanId(), flags: SAMPLED },
  parent: undefined,
  name: 'a name has no limit',
  kind: SPAN_KIND.INTERNAL,
  start: 1n,
  end: 2n,
  attributes: [
    keyValue('text', 'a\u{1f600}bcd'),
    keyValue('words', ['abcdef', 'g']),
    { key: 'bytes', value: { bytesValue: Buffer.from([1, 2, 3, 4, 5]) } },
    { key: 'members', value: { kvlistValue: { values: [keyValue('member', 'abcdef')] } } },
    keyValue('number', 123_456),
    keyValue('flag', true),
  ],
  hasFailed: false,
};

function read(attributeCount: number, valueLength: number) {
  const [span = assert.fail()] = readSpans([SPAN], { attributeCount, valueLength });
  return span;
}

describe('otlp: limits of spans', () => {
  it('cut texts and bytes, wherever they are, by whole characters', () => {
    const { attributes, dropped, name } = read(NO_LIMIT, 3);
    assert.deepEqual(attributes, {
      text: 'a\u{1f600}b',
      words: ['abc', 'g'],
      bytes: Buffer.from([1, 2, 3]).toString('base64'),
      members: { member: 'abc' },
      number: 123_456,
      flag: true,
    });
    assert.deepEqual([dropped, name], [0, SPAN.name]);
    assert.equal(read(NO_LIMIT, 0).attributes.text, '');
  });

  it('leave out what is too much, and say how much that was', () => {
    for (const [count, keys] of [
      [0, []],
      [2, ['text', 'words']],
      [6, SPAN.attributes.map(({ key }) => key)],
      [128, SPAN.attributes.map(({ key }) => key)],
    ] as const) {
      const { attributes, dropped } = read(count, NO_LIMIT);
      assert.deepEqual([Object.keys(attributes), dropped], [keys, SPAN.attributes.length - keys.length]);
    }
  });

  it('change nothing where there are none', () => {
    assert.equal(read(NO_LIMIT, NO_LIMIT).attributes.text, 'a\u{1f600}bcd');
  });
});
