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
      assert.deepEqual(said, ['snoopkit: OTEL_TRACES_EXPORTER: no spans are sent, and --otlp-spans is ignored']);
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
