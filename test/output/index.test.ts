import assert from 'node:assert/strict';
import { csv, jsonLines, table } from '../../src/output/index.js';

describe('snoopkit/output', () => {
  const path = ': expected the path of a file';
  const rotate = 'rotate: expected { size, keep }, both integers of at least 1';
  const MISTAKES: readonly (readonly [args: readonly unknown[], message: string])[] = [
    [[5], path],
    [[''], path],
    [['a\0b'], path],
    [[{ truncate: true }], path],
    [['file', null], ': expected an object with options'],
    [['file', { trunc: true }], ' has no option trunc; did you mean truncate?'],
    [['file', { truncate: 'yes' }], 'truncate: expected true or false'],
    [['file', { rotate: '100M' }], rotate],
    [['file', { rotate: { size: 1 } }], rotate],
    [['file', { rotate: { size: 0, keep: 1 } }], rotate],
    [['file', { rotate: { size: 1, keep: 1, kept: 1 } }], rotate],
    [['file', { mode: '0644' }], 'mode: expected an integer from 0 to 4095'],
  ];
  for (const make of [jsonLines, csv, table])
    for (const [args, message] of MISTAKES)
      it(`${make.name} refuses ${JSON.stringify(args)}`, () => {
        const text = /^[: ]/.test(message) ? `${make.name}${message}` : message;
        assert.throws(() => Reflect.apply(make, undefined, args), { name: 'UsageError', message: text });
      });

  it('takes every option', () => {
    const options = { truncate: true, rotate: { size: 1 << 20, keep: 3 }, mode: 0o640 };
    for (const make of [jsonLines, csv, table]) assert.equal(typeof make('file', options), 'function');
    assert.equal(typeof jsonLines(undefined, { truncate: undefined, rotate: undefined }), 'function');
  });
});
