import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { ACCOUNT, plainEnvironment, Receiver } from '../helpers/otlp-run.js';
import { snoopkit } from '../helpers/run.js';

describe('--otlp-spans where no traces are sent', () => {
  let receiver: Receiver;
  before(async function () {
    needs(this, 'root');
    receiver = await Receiver.start();
  });
  after(() => receiver?.stop());

  async function traced(flags: readonly string[], exporter: string) {
    const words = ['procsnoop', '-f', '-o', 'otlp', '--otlp-spans', ...flags, ...receiver.flags];
    const { lines, status, stdout } = await snoopkit([...words, '--', 'sh', '-c', 'echo "<$TRACEPARENT>"; exit 5'], {
      env: plainEnvironment({ OTEL_TRACES_EXPORTER: exporter }),
    });
    const said = lines.filter((line) => !ACCOUNT.test(line));
    return { ...receiver.take(), said, status, stdout: stdout.toString().trim() };
  }

  it('sends events as log records, and says so', async () => {
    for (const flags of [[], ['--trace-root']]) {
      const { spans, logs, said, status, stdout } = await traced(flags, 'none');
      assert.deepEqual(said, ['snoopkit: OTEL_TRACES_EXPORTER: no spans are exported, --otlp-spans is ignored']);
      assert.deepEqual([spans, status, stdout], [[], 5, '<>']);
      assert.deepEqual(
        logs.map(({ attributes }) => attributes['process.exit.code']),
        [5],
      );
    }
  });

  it('says nothing where they are', async () => {
    const { spans, logs, said } = await traced([], 'otlp');
    assert.deepEqual([spans.length, logs, said], [1, [], []]);
  });
});

describe('--output otlp: limits of attributes', () => {
  let receiver: Receiver;
  before(async function () {
    needs(this, 'root');
    receiver = await Receiver.start();
  });
  after(() => receiver?.stop());

  async function traced(flags: readonly string[], command: readonly string[], variables: NodeJS.ProcessEnv) {
    const words = [...flags, '-o', 'otlp', ...receiver.flags, '--', ...command];
    const { lines } = await snoopkit(words, { env: plainEnvironment(variables) });
    assert.deepEqual(
      lines.filter((line) => !ACCOUNT.test(line)),
      [],
    );
    return receiver.take();
  }

  it('are for spans what their own variables say', async () => {
    for (const flags of [['procsnoop'], ['opensnoop', '--trace-root']]) {
      const { spans } = await traced([...flags, '--otlp-spans'], ['sh', '-c', 'exit 5'], {
        OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '0',
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
        OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1',
      });
      const [span = assert.fail()] = spans;
      assert.deepEqual(Object.keys(span.attributes), ['process.executable.name', 'process.pid']);
      assert.deepEqual([spans.length, span.name, span.attributes['process.executable.name']], [1, 'sh', 's']);
    }
  });

  it('are not for metrics', async () => {
    const { metrics } = await traced(['sigsnoop', '--count'], ['sh', '-c', 'kill -URG $$'], {
      OTEL_ATTRIBUTE_COUNT_LIMIT: '0',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1',
    });
    const points = metrics.filter(({ name }) => name === 'snoopkit.signals').flatMap((metric) => metric.points);
    assert.deepEqual(
      points.map(({ attributes }) => attributes['snoopkit.signal.signal']),
      ['SIGURG'],
    );
  });
});
