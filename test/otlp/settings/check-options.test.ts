import assert from 'node:assert/strict';
import { UsageError } from '../../../src/errors.js';
import { otlp } from '../../../src/otlp/index.js';
import type { OtlpFlagValues } from '../../../src/otlp/settings/flag-values.js';

const FLAG = 'expected true or false';
const TEXT = 'expected a text that is not empty';
const TIME = 'expected milliseconds, more than 0 and at most 2147483647';
const COUNT = 'expected an integer from 1 to 2147483647';
const RESOURCE = 'expected a list of { key, value }, both texts';

/** For each option valid values, and invalid ones with the message. */
const VALUES: {
  readonly [Option in keyof Required<OtlpFlagValues>]: readonly [
    valid: readonly OtlpFlagValues[Option][],
    invalid: readonly unknown[],
    message: string,
  ];
} = {
  names: [[{}, { endpoint: '--endpoint' }], [5, [], { endpoint: 5 }], 'expected texts by option'],
  endpoint: [['http://localhost:4318'], [5, '', ' ', 'a\0b', null], TEXT],
  protocol: [
    ['http/protobuf', 'grpc', 'http/json'],
    ['http', 5, ['grpc'], 'constructor'],
    'expected one of http/protobuf, grpc, http/json',
  ],
  headers: [
    [new Map(), new Map([['authorization', 'Bearer x=y']])],
    [5, 'a=b', { a: 'b' }, [['a', 'b']], null],
    'expected a Map of texts by name',
  ],
  isCompressed: [[true, false], ['gzip', 1, null], FLAG],
  timeout: [
    [0.5, 1, 2 ** 31 - 1, Number.POSITIVE_INFINITY],
    [-1, 0, Number.NaN, 2 ** 31, '10', 5n],
    `${TIME}, or Infinity`,
  ],
  longestWait: [[1000], [-1, 0, Number.NaN, Number.POSITIVE_INFINITY, '5m'], TIME],
  isInsecure: [[true, false], ['yes', 0], FLAG],
  ca: [['/ca.pem'], ['', 5, Buffer.of(), 'a\0b'], TEXT],
  cert: [['/cert.pem'], ['', 5], TEXT],
  key: [['/key.pem'], ['', 5], TEXT],
  args: [['redacted', 'full', 'none'], ['all', false], 'expected one of redacted, full, none'],
  hasBody: [[true, false], ['body'], FLAG],
  spool: [['/spool'], ['', 5, 'a\0b'], TEXT],
  spoolMax: [
    [1 << 20, 2 ** 40],
    [0, (1 << 20) - 1, 2 ** 60, 2 ** 20 + 0.5, '1G'],
    `expected an integer from 1048576 to ${Number.MAX_SAFE_INTEGER}`,
  ],
  resource: [
    [[], [{ key: 'service.name', value: '' }]],
    [{}, 'service.name=web', [{ key: '', value: 'x' }], [{ key: 'x', value: 5 }], [{ key: 'x' }], [null]],
    RESOURCE,
  ],
  isPerContainer: [[true, false], [1], FLAG],
  hasSpans: [[true, false], [1], FLAG],
  hasTraceRoot: [[false], [1], FLAG],
  histograms: [['explicit', 'exponential'], ['Explicit'], 'expected one of explicit, exponential'],
  temporality: [['delta'], ['monotonic'], 'expected one of cumulative, delta, lowmemory'],
  maxBatch: [[1, 4096], [0, -1, 1.5, 2 ** 31, '1'], COUNT],
  maxQueue: [[1, 65_536], [0, -1, 1.5, 2 ** 31, '1'], COUNT],
  delay: [[0.5, 1000], [-1, 0, Number.NaN, Number.POSITIVE_INFINITY, '1s'], TIME],
};

const refuses = (options: unknown, message: string) =>
  assert.throws(
    () => otlp(options as OtlpFlagValues, {}),
    (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.equal(error.message, message);
      return true;
    },
  );

describe('options of otlp()', () => {
  for (const [option, [valid, invalid, message]] of Object.entries(VALUES))
    it(`have a valid ${option}`, () => {
      const more = option === 'spoolMax' ? { spool: '/spool' } : {};
      for (const value of [undefined, ...valid]) otlp({ ...more, [option]: value }, {});
      for (const value of invalid) refuses({ ...more, [option]: value }, `${option}: ${message}`);
    });

  it('have headers that can be sent, and errors do not show them', () => {
    for (const [name, value, mistake] of [
      ['secret name', 'x', 'pair 2 needs a name of letters, digits, "-", "_" and "."'],
      ['Secret', 'x', 'pair 2 has a name that is not in lower case'],
      ['x', 'secret\n', 'pair 2 has a value that is not allowed in a header'],
      ['content-length', '5', 'pair 2 names a header that snoopkit sets itself'],
      ['x', 5, 'pair 2 is not of texts'],
    ])
      refuses(
        {
          headers: new Map<unknown, unknown>([
            ['a', 'b'],
            [name, value],
          ]),
        },
        `headers: ${mistake}`,
      );
  });

  it('are known ones', () => {
    refuses({ nope: 1 }, 'otlp has no option nope');
    refuses({ nope: undefined }, 'otlp has no option nope');
    refuses({ endpint: 'http://localhost' }, 'otlp has no option endpint; did you mean endpoint?');
    refuses({ 'max-batch': 1 }, 'otlp has no option max-batch; did you mean maxBatch?');
    refuses({ constructor: 1 }, 'otlp has no option constructor');
  });

  it('are an object', () => {
    for (const options of [null, 5, 'http://localhost:4318', [], new Map()])
      refuses(options, 'otlp: expected an object with options');
  });

  it('have a meaning together', () => {
    refuses({ spoolMax: 1 << 20 }, 'spoolMax needs spool');
    refuses({ hasTraceRoot: true }, 'hasTraceRoot needs hasSpans');
    refuses({ hasTraceRoot: true, hasSpans: true }, 'hasTraceRoot: trace() starts no command that could be the root');
    refuses({ names: { spoolMax: '--max', spool: '--spool' }, spoolMax: 1 << 20 }, '--max needs --spool');
    refuses({ names: { timeout: '--timeout' }, timeout: -1 }, `--timeout: ${TIME}, or Infinity`);
  });
});
