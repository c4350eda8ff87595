import assert from 'node:assert/strict';
import { sampler } from '../../../src/otlp/spans/sampler.js';
import { formatTraceparent } from '../../../src/otlp/spans/trace-context.js';
import { type CommandRun, rootSpan, traceRoot } from '../../../src/otlp/spans/trace-root.js';
import { readSpans } from './spans.js';

const OURS = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`;
const RUN: CommandRun = { words: ['/bin/make', 'all'], shown: undefined, pid: 7, start: 5n, end: 9n, status: 2 };

describe('cli: the root of a trace', () => {
  it('is new, and told to the command', () => {
    const { context, parent, env } = traceRoot({ PATH: '/bin', TRACESTATE: 'a=b' });
    assert.deepEqual([parent, env], [undefined, { PATH: '/bin', TRACEPARENT: formatTraceparent(context) }]);
    assert.notDeepEqual(traceRoot({}).context, context);
  });

  it('goes on with the trace of our own environment', () => {
    const { context, parent, env } = traceRoot({ TRACEPARENT: OURS, TRACESTATE: 'a=b' });
    assert.equal(parent && formatTraceparent(parent), OURS);
    assert.deepEqual([env.TRACESTATE, env.TRACEPARENT], ['a=b', formatTraceparent(context)]);
    assert.deepEqual([Buffer.from(context.traceId).toString('hex'), context.flags], ['1'.repeat(32), 1]);
    assert.notEqual(Buffer.from(context.spanId).toString('hex'), '1'.repeat(16));
    assert.equal(traceRoot({ TRACEPARENT: 'nonsense' }).parent, undefined);
  });

  it('passes on whether it is sampled, and that its id is random', () => {
    for (const [ours, flags] of [
      [undefined, '03'],
      [`${OURS.slice(0, -2)}00`, '00'],
      [`${OURS.slice(0, -2)}02`, '02'],
      [`${OURS.slice(0, -2)}03`, '03'],
    ] as const) {
      const { env } = traceRoot({ ...(ours && { TRACEPARENT: ours }) });
      assert.equal(env.TRACEPARENT?.slice(-2), flags);
    }
    const none = sampler({ ratio: 0, isParentBased: false });
    assert.equal(traceRoot({}, none).env.TRACEPARENT?.slice(-2), '02');
    assert.equal(traceRoot({ TRACEPARENT: OURS }, none).env.TRACEPARENT?.slice(-2), '00');
  });

  it('passes on a state that is well formed, and has it', () => {
    for (const [given, kept] of [
      ['a=b', 'a=b'],
      ['nonsense', undefined],
    ] as const) {
      const root = traceRoot({ TRACEPARENT: OURS, TRACESTATE: given });
      assert.equal(root.env.TRACESTATE, kept);
      assert.equal(readSpans([rootSpan(root, RUN)])[0]?.state, kept ?? '');
    }
  });

  it('is a span', () => {
    const root = traceRoot({ TRACEPARENT: OURS });
    const [span] = readSpans([rootSpan(root, RUN)]);
    assert.deepEqual([span?.parent, span?.name, span?.kind, span?.hasFailed], ['1'.repeat(16), 'make', 1, true]);
    assert.equal(span?.id, Buffer.from(root.context.spanId).toString('hex'));
    assert.deepEqual(span?.attributes, {
      'process.executable.name': 'make',
      'process.pid': 7,
      'process.exit.code': 2,
      'error.type': '2',
      'process.args_count': 2,
    });
  });

  it('says where it has not ended', () => {
    const [span] = readSpans([rootSpan(traceRoot({}), { ...RUN, shown: ['make'], status: undefined })]);
    assert.deepEqual([span?.parent, span?.hasFailed, span?.flags], ['', false, 0x103]);
    assert.deepEqual(
      [span?.attributes['snoopkit.span.unfinished'], span?.attributes['process.command_args']],
      [true, ['make']],
    );
  });
});
