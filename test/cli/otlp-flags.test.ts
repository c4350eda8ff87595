import assert from 'node:assert/strict';
import { parse } from '@oclif/core/parser';
import { oclifFlags } from '../../src/cli/flags/oclif.js';
import { OTLP_FLAGS } from '../../src/cli/flags/otlp-flags.js';
import { parseOtlpFlags, refuseOtlpFlags } from '../../src/cli/flags/otlp-options.js';
import { UsageError } from '../../src/errors.js';
import type { OtlpFlagValues } from '../../src/otlp/settings/flag-values.js';
import { otlpSettings } from '../../src/otlp/settings/settings.js';
import type { Flag, GivenFlags } from '../../src/trace/flags/flag.js';

const texts = async (argv: string[]) => (await parse(argv, { flags: oclifFlags(OTLP_FLAGS) })).flags as GivenFlags;
/** Without what is not given. */
const values = async (...argv: string[]) => {
  const { names: _, ...parsed } = parseOtlpFlags(await texts(argv));
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
};

describe('cli: the flags of OTLP', () => {
  it('say nothing when none is given, and stand in a group of their own', async () => {
    assert.deepEqual(await values(), {});
    assert.ok(Object.values(OTLP_FLAGS).every(({ group, summary }) => group === 'OTLP' && summary));
  });

  it('name the variables that apply in their place, which have the effect of the flag', async () => {
    const samples: Readonly<Record<string, [variable: string, flag: string]>> = {
      endpoint: ['http://a:1', 'http://a:1'],
      protocol: ['grpc', 'grpc'],
      headers: ['a=b', 'a=b'],
      isCompressed: ['gzip', 'gzip'],
      timeout: ['7000', '7'],
      resource: ['a=b', 'a=b'],
      histograms: ['base2_exponential_bucket_histogram', 'exponential'],
      temporality: ['delta', 'delta'],
      maxBatch: ['7', '7'],
      maxQueue: ['7', '7'],
      delay: ['7', '7ms'],
    };
    // The flag of the timeout replaces further time limits, for which there are variables of their own.
    const settings = (...given: Parameters<typeof otlpSettings>) => ({ ...otlpSettings(...given), exportTimeouts: {} });
    const usual = settings({}, {});
    for (const [name, { option, variables, summary }] of Object.entries<Flag & { option?: keyof OtlpFlagValues }>(
      OTLP_FLAGS,
    )) {
      const [sample, isListed] = [samples[option ?? ''], (variables ?? []).length > 0];
      assert.equal(oclifFlags(OTLP_FLAGS)[name]?.summary?.startsWith(`${summary} [env: `) ?? false, isListed, name);
      // Files, and what only gRPC obeys, are tested in their own places.
      if (!sample) assert.ok(!isListed || ['isInsecure', 'ca', 'cert', 'key'].includes(option ?? ''), name);
      else {
        const byVariable = settings(Object.fromEntries((variables ?? []).map((key) => [key, sample[0]])), {});
        assert.deepEqual(byVariable, settings({}, await values(`--${name}`, sample[1])), name);
        assert.notDeepEqual(byVariable, usual, name);
      }
    }
  });

  it('are what messages of the exporter call its options', async () => {
    const { names } = parseOtlpFlags(await texts([]));
    for (const [option, flag] of Object.entries(names ?? {})) {
      const entry = Object.entries<Flag>(OTLP_FLAGS).find(([name]) => `--${name}` === flag)?.[1] ?? assert.fail(flag);
      const value = entry.form === 'switch' ? [] : [(entry.form === 'text' && entry.words?.[0]) || '1M=1'];
      // Each takes another kind of value, or says by its own name that it does not.
      const given = await values(flag, ...value, ...(flag === '--spool-max' ? ['--otlp-spool', '/s'] : [])).catch(
        ({ message }: Error) => assert.match(message, new RegExp(`^${flag}[ :]`)),
      );
      if (given) assert.ok(flag === '--trace-root' || option in given, option);
    }
    const wrong = () => otlpSettings({}, { names, maxBatch: 11, maxQueue: 10 });
    assert.throws(wrong, {
      name: 'UsageError',
      message: '--otlp-batch 11: exceeds the queue size of 10; use a larger --otlp-queue',
    });
  });

  for (const [argv, expected] of [
    [['--otlp-endpoint', ' http://c:1 '], { endpoint: 'http://c:1' }],
    [['--otlp-protocol', 'http/json'], { protocol: 'http/json' }],
    [
      ['--otlp-headers', 'A=1,b=%20x', '--otlp-headers=c=d=e'],
      {
        headers: new Map([
          ['a', '1'],
          ['b', ' x'],
          ['c', 'd=e'],
        ]),
      },
    ],
    [['--otlp-compression', 'gzip'], { isCompressed: true }],
    [['--otlp-compression', 'none'], { isCompressed: false }],
    [['--otlp-timeout', '3'], { timeout: 3000 }],
    [['--otlp-timeout', '500ms'], { timeout: 500 }],
    [['--otlp-retry-max', '2m'], { longestWait: 120_000 }],
    [['--otlp-body'], { hasBody: true }],
    [['--otlp-timeout', '0'], { timeout: Number.POSITIVE_INFINITY }],
    [['--otlp-timeout', '0s'], { timeout: Number.POSITIVE_INFINITY }],
    [['--otlp-insecure'], { isInsecure: true }],
    [['--otlp-ca', '/ca', '--otlp-cert', '/cert', '--otlp-key', '/key'], { ca: '/ca', cert: '/cert', key: '/key' }],
    [['--otlp-args', 'full'], { args: 'full' }],
    [['--otlp-spool', '/s', '--spool-max', '2G'], { spool: '/s', spoolMax: 2 ** 31 }],
    [['--otlp-spool', '/s', '--spool-max', '100G'], { spool: '/s', spoolMax: 100 * 2 ** 30 }],
    [
      ['--otlp-resource', 'a=1,b=%2C', '--otlp-resource', 'c=2'],
      {
        resource: [
          { key: 'a', value: '1' },
          { key: 'b', value: ',' },
          { key: 'c', value: '2' },
        ],
      },
    ],
    [['--otlp-spans'], { hasSpans: true }],
    [['--otlp-histograms', 'exponential'], { histograms: 'exponential' }],
    [['--otlp-temporality', 'delta'], { temporality: 'delta' }],
    [
      ['--otlp-batch', '10', '--otlp-queue', '100', '--otlp-delay', '200ms'],
      { maxBatch: 10, maxQueue: 100, delay: 200 },
    ],
  ] as const)
    it(`take ${argv.join(' ')}`, async () => assert.deepEqual(await values(...argv), expected));

  for (const [argv, message] of [
    [['--otlp-endpoint', ' '], '--otlp-endpoint: the value is empty'],
    [['--otlp-headers', 's3cret'], '--otlp-headers: pair 1 has no =; expected NAME=VALUE,NAME=VALUE'],
    [
      ['--otlp-headers', 'a=b', '--otlp-headers', 'c=s3cret%'],
      '--otlp-headers: pair 2 has invalid percent-encoding; expected NAME=VALUE,NAME=VALUE',
    ],
    [['--otlp-timeout', 'soon'], '--otlp-timeout soon: expected a time such as 5, 500ms, 2m or 1h, at most 596h'],
    [['--otlp-retry-max', 'never'], '--otlp-retry-max never: expected a time such as 5, 500ms, 2m or 1h, at most 596h'],
    [['--otlp-timeout', '-1'], '--otlp-timeout -1: expected a time such as 5, 500ms, 2m or 1h, at most 596h'],
    [['--otlp-ca', ''], '--otlp-ca: the value is empty'],
    [['--otlp-spool', ''], '--otlp-spool: the value is empty'],
    [['--spool-max', '1G'], '--spool-max needs --otlp-spool'],
    [['--otlp-spool', '/s', '--spool-max', '1K'], '--spool-max 1K: expected a size of at least 1M, such as 256M'],
    [['--otlp-spool', '/s', '--spool-max', 'much'], '--spool-max much: expected a size of at least 1M, such as 256M'],
    [['--otlp-resource', 'a'], '--otlp-resource: pair 1 has no ='],
    [['--otlp-resource', 'a=b=c'], '--otlp-resource: pair 1 has more than one =, encode = in a value as %3D'],
    [['--otlp-batch', '0'], '--otlp-batch 0: expected an integer from 1 to 2147483647'],
    [['--otlp-queue', '1k'], '--otlp-queue 1k: expected an integer from 1 to 2147483647'],
    [['--otlp-delay', '0'], '--otlp-delay 0: expected a time such as 5, 500ms, 2m or 1h, at most 596h'],
  ] as const)
    it(`refuse ${argv.join(' ').replace('s3cret', '...')} in one line`, async () => {
      await assert.rejects(values(...argv), (error) => error instanceof UsageError && error.message === message);
    });

  for (const [flag, word] of [
    ['--otlp-protocol', 'http'],
    ['--otlp-compression', 'zstd'],
    ['--otlp-args', 'some'],
    ['--otlp-histograms', 'none'],
    ['--otlp-temporality', 'low'],
  ] as const)
    it(`know the words of ${flag}`, async () => {
      await assert.rejects(values(flag, word), { message: new RegExp(`^Expected ${flag}=${word} to be one of: `) });
    });

  it('are of use with OTLP alone', () => {
    refuseOtlpFlags({ output: 'json', 'otlp-endpoint': undefined });
    for (const name of ['otlp-endpoint', 'spool-max', 'otlp-spans'])
      assert.throws(() => refuseOtlpFlags({ [name]: 'x' }), {
        name: 'UsageError',
        message: `--${name} needs --output otlp or --otlp`,
      });
  });

  it('that are not given leave the environment its say', async () => {
    const variables = {
      OTEL_EXPORTER_OTLP_TIMEOUT: '7',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_BLRP_MAX_QUEUE_SIZE: '99',
    };
    const { routes, batches } = otlpSettings(variables, parseOtlpFlags(await texts([])));
    assert.deepEqual([routes.logs?.timeout, routes.logs?.isCompressed, batches.logs.maxQueue], [7, true, 99]);
    const flagged = otlpSettings(
      variables,
      parseOtlpFlags(await texts(['--otlp-timeout', '1', '--otlp-compression', 'none', '--otlp-queue', '5'])),
    );
    assert.deepEqual(
      [flagged.routes.logs?.timeout, flagged.routes.logs?.isCompressed, flagged.batches.traces.maxQueue],
      [1000, false, 5],
    );
  });
});
