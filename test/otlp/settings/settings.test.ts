import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { UsageError } from '../../../src/errors.js';
import type { OtlpFlagValues } from '../../../src/otlp/settings/flag-values.js';
import { type OtlpSettings, otlpSettings } from '../../../src/otlp/settings/settings.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;
const X = 'OTEL_EXPORTER_OTLP';

/** What a variable sets: a value for each text, undefined for the default, with a warning unless the text is empty. */
interface Case {
  readonly name: string;
  readonly get: (settings: OtlpSettings) => unknown;
  readonly usual: unknown;
  readonly good: Readonly<Record<string, unknown>>;
  readonly bad: readonly string[];
  readonly flag?: readonly [OtlpFlagValues, unknown];
}

const NOT_TIMES = ['-1', '1.5', '10s', 'x', '2147483648', '1e3'];
const NOT_COUNTS = [...NOT_TIMES, '0'];

const routed = (signal: 'LOGS' | 'TRACES' | 'METRICS' | ''): Case[] => {
  const prefix = signal === '' ? X : `${X}_${signal}`;
  const key = (signal === '' ? 'logs' : signal.toLowerCase()) as 'logs' | 'traces' | 'metrics';
  return [
    {
      name: `${prefix}_PROTOCOL`,
      get: ({ routes }) => routes[key]?.protocol,
      usual: 'http/protobuf',
      good: { grpc: 'grpc', 'http/json': 'http/json', 'HTTP/Protobuf': 'http/protobuf' },
      bad: ['http', 'constructor'],
      flag: [{ protocol: 'http/json' }, 'http/json'],
    },
    {
      name: `${prefix}_COMPRESSION`,
      get: ({ routes }) => routes[key]?.isCompressed,
      usual: false,
      good: { gzip: true, GZIP: true, none: false },
      bad: ['zstd', 'true'],
      flag: [{ isCompressed: true }, true],
    },
    {
      name: `${prefix}_TIMEOUT`,
      get: ({ routes }) => routes[key]?.timeout,
      usual: 10_000,
      good: { 1: 1, 0: NO_LIMIT, 2147483647: 2147483647, ' 5 ': 5 },
      bad: NOT_TIMES,
      flag: [{ timeout: 7 }, 7],
    },
  ];
};

const queued = (signal: 'logs' | 'traces', prefix: string, delay: number): Case[] => [
  {
    name: `${prefix}_SCHEDULE_DELAY`,
    get: ({ batches }) => batches[signal].delay,
    usual: delay,
    good: { 1: 1, 0: 0 },
    bad: NOT_TIMES,
    flag: [{ delay: 3 }, 3],
  },
  {
    name: `${prefix}_EXPORT_TIMEOUT`,
    get: ({ exportTimeouts }) => exportTimeouts[signal],
    usual: 30_000,
    good: { 1: 1, 0: NO_LIMIT },
    bad: NOT_TIMES,
    flag: [{ timeout: 7 }, 7],
  },
  {
    name: `${prefix}_MAX_QUEUE_SIZE`,
    get: ({ batches }) => batches[signal].maxQueue,
    usual: 65_536,
    good: { 5000: 5000, 1: 1, 2147483647: 2147483647 },
    bad: NOT_COUNTS,
    flag: [{ maxQueue: 9000 }, 9000],
  },
  {
    name: `${prefix}_MAX_EXPORT_BATCH_SIZE`,
    get: ({ batches }) => batches[signal].maxBatch,
    usual: 4096,
    good: { 1: 1, 65536: 65_536 },
    bad: NOT_COUNTS,
    flag: [{ maxBatch: 9 }, 9],
  },
];

const limits = (record: string, signals: readonly ('logs' | 'traces')[]): Case[] =>
  signals.flatMap((signal) => [
    {
      name: `OTEL${record}_ATTRIBUTE_VALUE_LENGTH_LIMIT`,
      get: (settings: OtlpSettings) => settings.limits[signal].valueLength,
      usual: NO_LIMIT,
      good: { 0: 0, 12: 12 },
      bad: NOT_TIMES,
    },
    {
      name: `OTEL${record}_ATTRIBUTE_COUNT_LIMIT`,
      get: (settings: OtlpSettings) => settings.limits[signal].attributeCount,
      usual: 128,
      good: { 0: 0, 12: 12 },
      bad: NOT_TIMES,
    },
  ]);

const CASES: readonly Case[] = [
  ...(['LOGS', 'TRACES', 'METRICS', ''] as const).flatMap(routed),
  ...queued('logs', 'OTEL_BLRP', 1000),
  ...queued('traces', 'OTEL_BSP', 5000),
  ...limits('', ['logs', 'traces']),
  ...limits('_LOGRECORD', ['logs']),
  ...limits('_SPAN', ['traces']),
  {
    name: 'OTEL_SDK_DISABLED',
    get: ({ isDisabled }) => isDisabled,
    usual: false,
    good: { true: true, TRUE: true, True: true, false: false, FALSE: false },
    bad: ['1', 'yes', 'on', 'truee'],
  },
  {
    name: 'OTEL_METRIC_EXPORT_INTERVAL',
    get: ({ metrics }) => metrics.interval,
    usual: 60_000,
    good: { 1: 1, 5000: 5000 },
    bad: NOT_COUNTS,
  },
  {
    name: 'OTEL_METRIC_EXPORT_TIMEOUT',
    get: ({ exportTimeouts }) => exportTimeouts.metrics,
    usual: 30_000,
    good: { 1: 1, 0: NO_LIMIT },
    bad: NOT_TIMES,
    flag: [{ timeout: 7 }, 7],
  },
  {
    name: `${X}_METRICS_TEMPORALITY_PREFERENCE`,
    get: ({ metrics }) => metrics.temporality,
    usual: 'cumulative',
    good: { delta: 'delta', DELTA: 'delta', LowMemory: 'lowmemory', cumulative: 'cumulative' },
    bad: ['deltas'],
    flag: [{ temporality: 'lowmemory' }, 'lowmemory'],
  },
  {
    name: `${X}_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`,
    get: ({ metrics }) => metrics.histograms,
    usual: 'explicit',
    good: { base2_exponential_bucket_histogram: 'exponential', EXPLICIT_BUCKET_HISTOGRAM: 'explicit' },
    bad: ['exponential'],
    flag: [{ histograms: 'exponential' }, 'exponential'],
  },
];

describe('output: otlp: settings', () => {
  for (const { name, get, usual, good, bad, flag } of CASES) {
    it(`${name} is ${usual} when it is unset or empty`, () => {
      for (const variables of [{}, { [name]: '' }, { [name]: '  ' }, { [name]: undefined }]) {
        const settings = otlpSettings(variables, {});
        assert.deepEqual([get(settings), settings.warnings], [usual, []]);
      }
    });

    for (const [text, value] of Object.entries(good))
      it(`${name} takes '${text}'`, () => {
        const settings = otlpSettings({ [name]: text }, {});
        assert.deepEqual([get(settings), settings.warnings], [value, []]);
      });

    for (const text of bad)
      it(`${name} warns of '${text}', once, and is as if unset`, () => {
        const settings = otlpSettings({ [name]: text }, {});
        assert.equal(get(settings), usual);
        assert.equal(settings.warnings.length, 1);
        const [warning = ''] = settings.warnings;
        assert.ok(warning.startsWith(`${name}=${text}: `), warning);
        assert.match(
          warning,
          /^\S+: (ignored, (expected an integer from [01] to 2147483647|supported: \S.*)|taken as false, expected true or false)$/,
        );
      });

    if (flag)
      it(`${name} gives way to the flag`, () => {
        const [text] = Object.entries(good).find(([, value]) => value !== flag[1]) ?? [];
        assert.ok(text);
        assert.equal(get(otlpSettings({ [name]: text }, flag[0])), flag[1]);
      });
  }

  for (const [own, general, ownText, generalText, get, value] of [
    [`${X}_TRACES_PROTOCOL`, `${X}_PROTOCOL`, 'http/json', 'grpc', (s) => s.routes.traces?.protocol, 'http/json'],
    [`${X}_LOGS_COMPRESSION`, `${X}_COMPRESSION`, 'none', 'gzip', (s) => s.routes.logs?.isCompressed, false],
    [`${X}_METRICS_TIMEOUT`, `${X}_TIMEOUT`, '1', '2', (s) => s.routes.metrics?.timeout, 1],
    [
      'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_ATTRIBUTE_COUNT_LIMIT',
      '1',
      '2',
      (s) => s.limits.traces.attributeCount,
      1,
    ],
    [
      'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      '1',
      '2',
      (s) => s.limits.logs.valueLength,
      1,
    ],
  ] as readonly [string, string, string, string, Case['get'], unknown][]) {
    it(`${own} wins over ${general}, unless it makes no sense`, () => {
      assert.equal(get(otlpSettings({ [own]: ownText, [general]: generalText }, {})), value);
      const alone = get(otlpSettings({ [general]: generalText }, {}));
      assert.notEqual(alone, value);
      const settings = otlpSettings({ [own]: 'nonsense', [general]: generalText }, {});
      assert.deepEqual([get(settings), settings.warnings.length], [alone, 1]);
      assert.equal(get(otlpSettings({ [own]: '', [general]: generalText }, {})), alone);
    });
  }

  it('make a batch no larger than the queue', () => {
    const batch = (variables: Record<string, string>, flags: OtlpFlagValues = {}) => {
      const { batches, warnings } = otlpSettings(variables, flags);
      return [batches.logs.maxBatch, batches.logs.maxQueue, ...warnings];
    };
    assert.deepEqual(batch({ OTEL_BLRP_MAX_QUEUE_SIZE: '10' }), [10, 10]);
    const name = 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE';
    const warning = `${name}=20: reduced to 10, the queue size`;
    assert.deepEqual(batch({ OTEL_BLRP_MAX_QUEUE_SIZE: '10', [name]: '20' }), [10, 10, warning]);
    assert.deepEqual(batch({ [name]: '20' }, { maxQueue: 10 }), [10, 10, warning]);
    assert.deepEqual(batch({ [name]: '10' }, { maxQueue: 10 }), [10, 10]);
    assert.throws(
      () => batch({}, { maxQueue: 10, maxBatch: 11 }),
      (error) =>
        error instanceof UsageError &&
        error.message === 'maxBatch 11: exceeds the queue size of 10; use a larger maxQueue',
    );
  });

  for (const [text, isExported, ...warnings] of [
    ['otlp', true],
    ['OTLP', true],
    ['none', false],
    ['None', false],
    ['otlp,none', true],
    ['console', false, 'console is not supported, only otlp and none; no logs are sent there'],
    ['otlp, console', true, 'console is not supported, only otlp and none; no logs are sent there'],
    ['prometheus', false, 'prometheus is not supported, only otlp and none; no logs are sent there'],
    ['otlp/stdout', false, 'otlp/stdout is not supported, only otlp and none; no logs are sent there'],
    ['nonsense', true, 'only otlp and none are supported, others are ignored'],
    ['none,nonsense', false, 'only otlp and none are supported, others are ignored'],
  ] as const)
    it(`${isExported ? 'export' : 'do not export'} logs with OTEL_LOGS_EXPORTER=${text}`, () => {
      const settings = otlpSettings({ OTEL_LOGS_EXPORTER: text }, {});
      assert.deepEqual(
        Object.keys(settings.routes),
        isExported ? ['logs', 'traces', 'metrics'] : ['traces', 'metrics'],
      );
      assert.deepEqual(
        settings.warnings,
        warnings.map((warning) => `OTEL_LOGS_EXPORTER: ${warning}`),
      );
    });

  it('do not care for the variables of a signal that is not exported, nor for any route when disabled', () => {
    const wrong = { [`${X}_TRACES_ENDPOINT`]: 'nonsense' };
    assert.throws(() => otlpSettings(wrong, {}));
    const { routes } = otlpSettings({ ...wrong, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }, {});
    assert.deepEqual(Object.keys(routes), ['logs']);
    const disabled = otlpSettings({ ...wrong, OTEL_SDK_DISABLED: 'true' }, { endpoint: 'nonsense' });
    assert.deepEqual([disabled.isDisabled, disabled.routes], [true, {}]);
  });

  it('have of the flags alone what no variable says', () => {
    const { args, hasSpans, spool } = otlpSettings({}, {});
    assert.deepEqual([args, hasSpans, spool], ['redacted', false, undefined]);
    const given = otlpSettings({}, { args: 'full', hasSpans: true, spool: '/s', spoolMax: 5 });
    assert.deepEqual([given.args, given.hasSpans, given.spool], ['full', true, { directory: '/s', maxBytes: 5 }]);
    assert.equal(otlpSettings({}, { spool: '/s' }).spool?.maxBytes, 256 * 1024 * 1024);
  });

  it('warn in one line that drives no terminal', () => {
    const { warnings } = otlpSettings({ OTEL_BSP_SCHEDULE_DELAY: `\u001b[2J\n\u202e${'x'.repeat(100)}` }, {});
    assert.match(warnings[0] ?? '', /^OTEL_BSP_SCHEDULE_DELAY=\?\[2J\?\?x{34}: ignored/);
  });

  it('are read without what sends them', () => {
    const url = new URL('../../../src/otlp/settings/settings.js', import.meta.url).href;
    const script = `import ${JSON.stringify(url)}; import { createRequire, Module } from 'node:module';
      console.log([...process.moduleLoadList, ...Object.keys(Module._cache)].join('\\n'))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.match(stdout, /NativeModule crypto/, stderr);
    assert.doesNotMatch(stdout, /NativeModule (http|https|http2|tls|zlib)$|protobufjs|grpc/m);
  });
});
