import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { snoopkit } from '../helpers/run.js';

const OTLP = ['-o', 'otlp'];

/** Flags, and the line that says what is wrong with them; test/cli/otlp-flags.test.ts has more. FOLDER is one with files. */
const FLAGS: readonly (readonly [flags: readonly string[], line: RegExp])[] = [
  [['--otlp-endpoint', 'http://localhost:4318'], /^--otlp-endpoint goes with --otlp, or --output otlp: give both$/],
  [[...OTLP, '--trace-root'], /^--trace-root goes with --otlp-spans: give both$/],
  [[...OTLP, '--spool-max', '1G'], /^--spool-max goes with --otlp-spool: give both$/],
  [[...OTLP, '--otlp-spool', 'FOLDER/spool', '--spool-max', '1K'], /^--spool-max 1K: give a size of at least 1M/],
  [[...OTLP, '--otlp-endpoint', 'localhost:4318'], /^--otlp-endpoint: not a URL of http:\/\/ or https:\/\//],
  [[...OTLP, '--otlp-protocol', 'http'], /^Expected --otlp-protocol=http to be one of: /],
  [[...OTLP, '--otlp-protocol', 'grpc', '--otlp-endpoint', 'a b'], /^--otlp-endpoint: neither HOST:PORT nor a URL/],
  [[...OTLP, '--otlp-headers', 'secret'], /^--otlp-headers: (?!.*secret).*give NAME=VALUE,NAME=VALUE$/],
  [[...OTLP, '--otlp-resource', '=x'], /^--otlp-resource: /],
  [[...OTLP, '--otlp-timeout', 'soon'], /^--otlp-timeout soon: /],
  [[...OTLP, '--otlp-batch', '0'], /^--otlp-batch 0: /],
  [[...OTLP, '--otlp-queue', '10', '--otlp-batch', '11'], /^--otlp-batch 11: more than the queue, 10/],
  [[...OTLP, '--otlp-ca', 'FOLDER/none'], /^--otlp-ca: .*\/none: no such file or directory \(ENOENT\)$/],
  [[...OTLP, '--otlp-ca', 'FOLDER/file'], /^--otlp-ca: .*\/file is not a certificate in PEM$/],
  [[...OTLP, '--otlp-cert', 'FOLDER/file'], /^--otlp-cert: of no use without the key/],
];

/** Variables that make it pointless to begin. */
const FATAL: readonly (readonly [variables: NodeJS.ProcessEnv, line: RegExp])[] = [
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, /^OTEL_EXPORTER_OTLP_ENDPOINT: not a URL of/],
  [{ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'ftp://x' }, /^OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: not a URL of/],
  [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/none' }, /^OTEL_EXPORTER_OTLP_CERTIFICATE: \/none: no such file/],
  [{ OTEL_EXPORTER_OTLP_CLIENT_KEY: '/none' }, /^OTEL_EXPORTER_OTLP_CLIENT_KEY: of no use without the certificate/],
];

/** Those that are told of, and ignored. */
const IGNORED: readonly (readonly [variables: NodeJS.ProcessEnv, line: RegExp])[] = [
  [{ OTEL_EXPORTER_OTLP_TIMEOUT: '10s' }, /^OTEL_EXPORTER_OTLP_TIMEOUT=10s: ignored, it is no whole number/],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http' }, /^OTEL_EXPORTER_OTLP_PROTOCOL=http: ignored, snoopkit knows /],
  [{ OTEL_BLRP_MAX_QUEUE_SIZE: '0' }, /^OTEL_BLRP_MAX_QUEUE_SIZE=0: ignored/],
  [{ OTEL_SDK_DISABLED: 'yes' }, /^OTEL_SDK_DISABLED=yes: taken as false, only true is true$/],
  [{ OTEL_LOGS_EXPORTER: 'otlp,console' }, /^OTEL_LOGS_EXPORTER: snoopkit has otlp and none/],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'a' }, /OTEL_RESOURCE_ATTRIBUTES/],
];

describe('--output otlp: mistakes', () => {
  const receiver = useReceiver();
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    writeFileSync(join(folder, 'file'), 'text');
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Runs a command, and says whether that was run. */
  async function tried(flags: readonly string[], variables?: NodeJS.ProcessEnv) {
    const sign = join(folder, 'sign');
    const words = flags.map((word) => word.replace('FOLDER', folder));
    const finished = await snoopkit(['opensnoop', ...words, '--', 'touch', sign], { env: plainEnvironment(variables) });
    const hasRun = existsSync(sign);
    rmSync(sign, { force: true });
    const lines = finished.lines.map((line) => line.replace(/^snoopkit: /, ''));
    return { ...finished, lines, hasRun, ...receiver().take() };
  }

  it('of flags are told in a line, before anything is traced', async function () {
    this.timeout(this.timeout() * 2);
    for (const [flags, line] of FLAGS) {
      const { status, lines, hasRun, stdout } = await tried(flags);
      assert.deepEqual(
        [status, lines.length, hasRun, stdout.length],
        [2, 1, false, 0],
        `${flags}: ${lines.join('\n')}`,
      );
      assert.match(lines[0] ?? '', line);
    }
    assert.ok(!existsSync(join(folder, 'spool')));
  });

  it('of variables that leave nowhere to send to are, too', async () => {
    for (const [variables, line] of FATAL) {
      const { status, lines, hasRun } = await tried(OTLP, variables);
      assert.deepEqual([status, lines.length, hasRun], [1, 1, false], lines.join('\n'));
      assert.match(lines[0] ?? '', line);
    }
  });

  it('of other variables are told in a line, and ignored', async () => {
    for (const [variables, line] of IGNORED) {
      const { status, lines, logs } = await tried([...OTLP, ...receiver().flags], variables);
      const [first = '', account = '', ...more] = lines;
      assert.match(first, line);
      assert.match(account, /^\d+ log records?: \d+ delivered$/);
      assert.deepEqual([status, more], [0, []]);
      assert.ok(logs.length > 0);
    }
  });

  it('do not matter to who does not send', async () => {
    const all = Object.assign({}, ...[...FATAL, ...IGNORED].map(([variables]) => variables));
    const { status, lines, hasRun } = await tried(['-o', 'json'], all);
    assert.deepEqual([status, lines, hasRun], [0, [], true]);
  });

  it('a spool that can not be', async () => {
    const { status, lines, hasRun } = await tried([...OTLP, '--otlp-spool', 'FOLDER/file']);
    assert.deepEqual([status, lines.length, hasRun], [1, 1, false], lines.join('\n'));
    assert.match(lines[0] ?? '', /^cannot keep anything in .*\/file: /);
  });

  it('OTEL_SDK_DISABLED: traces, and sends nothing', async () => {
    const variables = { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' };
    const { status, lines, hasRun, logs, metrics, stdout } = await tried(['-o', 'json', '--otlp'], variables);
    assert.deepEqual([status, hasRun, logs.length, metrics.length], [0, true, 0, 0]);
    assert.deepEqual(lines, ['OTEL_SDK_DISABLED is true: nothing is sent to a collector']);
    assert.match(stdout.toString(), /"event":"open"/);
  });

  it('OTEL_LOGS_EXPORTER=none: sends no logs, but metrics', async () => {
    const { status, lines, logs, metrics } = await tried([...OTLP, ...receiver().flags], {
      OTEL_LOGS_EXPORTER: 'none',
    });
    assert.deepEqual([status, lines, logs.length], [0, [], 0]);
    assert.ok(metrics.some(({ name }) => name === 'snoopkit.events'));
  });
});
