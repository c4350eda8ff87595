import assert from 'node:assert/strict';
import { type ArrivedSpan, plain } from '../helpers/otlp-arrivals.js';
import { expectedAttributes, unixNano } from '../helpers/otlp-expected.js';
import { ACCOUNT, accountOf, plainEnvironment, useReceiver } from '../helpers/otlp-run.js';
import { snoopkit } from '../helpers/run.js';
import { parseSteps, socketsWords, stepOf } from '../helpers/sockets.js';
import { loadTool } from '../helpers/tools.js';
import { Trace } from '../helpers/trace.js';

const [OURS, OTHER] = [
  { trace: '1'.repeat(32), id: '2'.repeat(16) },
  { trace: '3'.repeat(32), id: '4'.repeat(16) },
] as const;
const traceparent = ({ trace, id }: { trace: string; id: string }, flags = '01') => `00-${trace}-${id}-${flags}`;
/** A trace that begins with us has an id that is random, and says so. */
const BEGUN = '03';
const CLIENT = 3;
const SERVER = 2;

describe('--otlp-spans', () => {
  const receiver = useReceiver();

  /** What arrives of a run that has these variables, too. */
  async function traced(tool: string, flags: readonly string[], command: readonly string[], more?: NodeJS.ProcessEnv) {
    const words = [tool, '-o', 'otlp', '--otlp-spans', ...receiver().flags, ...flags, '--', ...command];
    const { stdout, lines, status } = await snoopkit(words, { env: plainEnvironment(more) });
    assert.deepEqual(
      lines.filter((line) => !ACCOUNT.test(line)),
      [],
    );
    return { ...receiver().take(), stdout: stdout.toString().trim(), lines, status };
  }

  /** Spans by how their process ended. */
  const byCode = (spans: readonly ArrivedSpan[]) =>
    new Map(spans.map((span) => [span.attributes['process.exit.code'], span]));
  const placeOf = (span: ArrivedSpan | undefined) => [span?.trace, span?.parent];

  it('is below TRACEPARENT of our environment', async () => {
    const script = '(exit 3); sh -c "exit 4"; exit 5';
    const { spans, status, lines } = await traced('procsnoop', ['-f'], ['sh', '-c', script], {
      TRACEPARENT: traceparent(OURS),
    });
    const codes = byCode(spans);
    const root = codes.get(5) ?? assert.fail();
    assert.deepEqual([spans.length, status, accountOf(lines, 'spans').seen], [3, 5, 3]);
    assert.deepEqual(placeOf(root), [OURS.trace, OURS.id]);
    for (const code of [3, 4]) assert.deepEqual(placeOf(codes.get(code)), [OURS.trace, root.id]);
  });

  it('has a trace of its own where nothing says which', async () => {
    const { spans } = await traced('procsnoop', ['-f'], ['sh', '-c', '(exit 3); exit 5'], {
      TRACEPARENT: '00-nonsense',
    });
    const codes = byCode(spans);
    assert.equal(codes.get(5)?.parent, '');
    assert.deepEqual(placeOf(codes.get(3)), [codes.get(5)?.trace, codes.get(5)?.id]);
  });

  it('puts a process below the TRACEPARENT that it is given', async () => {
    const script = `TRACEPARENT=${traceparent(OTHER)} sh -c '(exit 2); exit 3'; (exit 4); exit 5`;
    const { spans } = await traced('procsnoop', ['-f'], ['sh', '-c', script], { TRACEPARENT: traceparent(OURS) });
    const codes = byCode(spans);
    assert.deepEqual(placeOf(codes.get(5)), [OURS.trace, OURS.id]);
    assert.deepEqual(placeOf(codes.get(4)), [OURS.trace, codes.get(5)?.id]);
    assert.deepEqual(placeOf(codes.get(3)), [OTHER.trace, OTHER.id]);
    assert.deepEqual(placeOf(codes.get(2)), [OTHER.trace, codes.get(3)?.id]);
  });

  for (const [what, parent] of [
    ['', undefined],
    [', below our own TRACEPARENT', OURS],
  ] as const)
    it(`--trace-root: the command is the root, and is told so${what}`, async () => {
      const script = 'echo $TRACEPARENT; (exit 3); exit 5';
      const { spans, stdout } = await traced('procsnoop', ['-f', '--trace-root'], ['sh', '-c', script], {
        ...(parent && { TRACEPARENT: traceparent(parent) }),
      });
      const codes = byCode(spans);
      const root = codes.get(5) ?? assert.fail();
      assert.equal(spans.length, 2);
      assert.equal(stdout, traceparent(root, parent ? '01' : BEGUN));
      assert.deepEqual(placeOf(root), [parent?.trace ?? root.trace, parent?.id ?? '']);
      assert.deepEqual(placeOf(codes.get(3)), [root.trace, root.id]);
    });

  it('--trace-root: makes a span of the command for other tools, too', async () => {
    const script = 'echo $TRACEPARENT; exec </dev/null; sleep 0.3; exit 5';
    const { spans, logs, stdout } = await traced('opensnoop', ['--trace-root'], ['sh', '-c', script]);
    const [root = assert.fail(), ...more] = spans;
    assert.deepEqual(more, []);
    assert.deepEqual([root.name, root.parent, root.hasFailed], ['sh', '', true]);
    assert.equal(root.attributes['process.exit.code'], 5);
    assert.equal(stdout, traceparent(root, BEGUN));
    const opened = logs.find(({ attributes }) => attributes['file.path'] === '/dev/null') ?? assert.fail();
    assert.deepEqual([opened.trace, opened.span], [root.trace, root.id]);
  });

  it('tells of events the trace that their process has', async () => {
    const script = 'exec </dev/null; sleep 0.3';
    const told = async (env: NodeJS.ProcessEnv) => {
      const { logs } = await traced('opensnoop', [], ['sh', '-c', script], env);
      const opened = logs.find(({ attributes }) => attributes['file.path'] === '/dev/null') ?? assert.fail();
      return [opened.trace, opened.span];
    };
    assert.deepEqual(await told({ TRACEPARENT: traceparent(OURS) }), [OURS.trace, OURS.id]);
    assert.deepEqual(await told({}), ['', '']);
  });

  const NOT_SENT = /^snoopkit: \d+ spans? not sent: trace not sampled$/;

  for (const [what, flags, env, sent] of [
    ['an unsampled trace', '00', {}, false],
    ['an unsampled trace with a random id', '02', {}, false],
    ['a sampled trace with a random id', '03', {}, true],
    ['an unsampled trace, though all are asked for', '00', { OTEL_TRACES_SAMPLER: 'always_on' }, true],
    ['a sampled trace, though none is asked for', '01', { OTEL_TRACES_SAMPLER: 'always_off' }, false],
    [
      'a sampled trace, where only others would be left out',
      '01',
      { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
      true,
    ],
  ] as const)
    it(`${sent ? 'sends' : 'does not send'} ${what}`, async () => {
      const more = { ...env, TRACEPARENT: traceparent(OURS, flags), TRACESTATE: 'congo=t61, rojo=1' };
      for (const [tool, extra] of [
        ['procsnoop', []],
        ['procsnoop', ['--trace-root']],
        ['opensnoop', ['--trace-root']],
      ] as const) {
        const script = 'echo $TRACEPARENT; (exit 3); exit 5';
        const words = [
          tool,
          '-f',
          '-o',
          'otlp',
          '--otlp-spans',
          ...extra,
          ...receiver().flags,
          '--',
          'sh',
          '-c',
          script,
        ];
        const { stdout, lines } = await snoopkit(words, { env: plainEnvironment(more) });
        const { spans } = receiver().take();
        assert.equal(spans.length > 0, sent, tool);
        assert.equal(
          lines.some((line) => NOT_SENT.test(line)),
          !sent,
          lines.join(),
        );
        const kept = sent
          ? (Number(flags) | 1).toString().padStart(2, '0')
          : (Number(flags) & 2).toString().padStart(2, '0');
        assert.equal(stdout.toString().trim().slice(-2), extra.length > 0 ? kept : flags);
        for (const span of spans)
          assert.deepEqual([span.flags & 0xff, span.state, span.trace], [Number(kept), 'congo=t61,rojo=1', OURS.trace]);
      }
    });

  it('samples what begins here as it is told, and tells the command', async () => {
    for (const [sampler, argument, sent, flags] of [
      ['traceidratio', '0', false, '02'],
      ['parentbased_traceidratio', '1', true, '03'],
      ['always_off', undefined, false, '02'],
    ] as const) {
      const words = ['procsnoop', '-f', '-o', 'otlp', '--otlp-spans', '--trace-root', ...receiver().flags, '--'];
      const env = { OTEL_TRACES_SAMPLER: sampler, ...(argument && { OTEL_TRACES_SAMPLER_ARG: argument }) };
      const { stdout } = await snoopkit([...words, 'sh', '-c', 'echo $TRACEPARENT; (exit 3)'], {
        env: plainEnvironment(env),
      });
      assert.equal(stdout.toString().trim().slice(-2), flags);
      assert.equal(receiver().take().spans.length > 0, sent);
    }
  });

  it('keeps the trace state of processes that have one of their own, as far as it can still be read', async () => {
    const given = `TRACEPARENT=${traceparent(OTHER)} TRACESTATE=vendor=x`;
    const { spans } = await traced(
      'procsnoop',
      ['-f'],
      ['sh', '-c', `${given} sh -c '(exit 2); sleep 0.4; exit 3'; exit 5`],
    );
    const codes = byCode(spans);
    assert.deepEqual(
      [2, 3, 5].map((code) => codes.get(code)?.state),
      ['vendor=x', 'vendor=x', ''],
    );
  });

  it('has spans of connections: what JSON shows, below TRACEPARENT', async () => {
    const trace = new Trace<Record<string, unknown>>('tcplife');
    try {
      const steps = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0 send 1 1000 recv 2 1000 sleep 20';
      const { events, stdout } = await trace.run(
        ['--otlp', '--otlp-spans', ...receiver().flags],
        socketsWords(steps, 'close 1 await-state 2 CLOSE_WAIT close 2', 'sleep 300'),
        { env: plainEnvironment({ TRACEPARENT: traceparent(OURS) }), maySay: ACCOUNT },
      );
      const { spans, logs } = receiver().take();
      assert.deepEqual([logs.length, spans.length, events.length], [0, 2, 2]);
      const port = stepOf(parseSteps(stdout), 'connect').remote_port;
      const tool = await loadTool('tcplife');
      const by = { durations: new Set(['duration', 'srtt']), wide: new Set<string>() };
      for (const event of events) {
        const end = BigInt(unixNano(String(event.time)));
        const kind = event.role === 'client' ? CLIENT : SERVER;
        const span = spans.find((one) => one.kind === kind) ?? assert.fail();
        assert.deepEqual(
          [span.name, span.end, span.start, span.hasFailed],
          [`tcp ${port}`, end, end - BigInt(Number(event.duration)), false],
        );
        assert.deepEqual(placeOf(span), [OURS.trace, OURS.id]);
        const expected = Object.entries(expectedAttributes(event, tool.otlp ?? {}, by));
        const own = Object.entries(span.attributes).filter(([key]) => !/^(container|k8s)\./.test(key));
        assert.deepEqual(
          Object.fromEntries(own),
          Object.fromEntries(expected.map(([key, value]) => [key, plain(value)])),
        );
      }
    } finally {
      trace.remove();
    }
  });
});
