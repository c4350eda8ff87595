import assert from 'node:assert/strict';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';
import { sampler } from '../../../src/otlp/spans/sampler.js';
import { newSpanId, newTraceId, RANDOM, SAMPLED } from '../../../src/otlp/spans/trace-context.js';

const TRACES = Array.from({ length: 4000 }, newTraceId);
const below = (flags: number) => ({ traceId: newTraceId(), spanId: newSpanId(), flags });

function settingsOf(OTEL_TRACES_SAMPLER?: string, OTEL_TRACES_SAMPLER_ARG?: string, hasSpans = true) {
  return otlpSettings({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }, { hasSpans });
}

describe('otlp: samplers', () => {
  /** What comes of a trace that begins here, and of those that others have and have not sampled. */
  for (const [name, ours, sampled, unsampled] of [
    [undefined, 3, 1, 0],
    ['parentbased_always_on', 3, 1, 0],
    ['PARENTBASED_ALWAYS_OFF', 2, 1, 0],
    ['always_on', 3, 1, 1],
    ['always_off', 2, 0, 0],
    ['traceidratio', 3, 1, 1],
    ['parentbased_traceidratio', 3, 1, 0],
  ] as const)
    it(`${name}`, () => {
      const { sampling, warnings } = settingsOf(name);
      const flagsOf = sampler(sampling);
      assert.deepEqual(warnings, []);
      assert.equal(flagsOf(newTraceId(), undefined), ours);
      assert.deepEqual(
        [1, 0].map((flags) => flagsOf(newTraceId(), below(flags))),
        [sampled, unsampled],
      );
      // That an id is random, only who made it can know.
      assert.deepEqual(
        [3, 2].map((flags) => flagsOf(newTraceId(), below(flags))),
        [sampled | RANDOM, unsampled | RANDOM],
      );
    });

  it('take a part of the traces, and of a smaller part none that a larger one has not', () => {
    let last = 0;
    for (const ratio of ['0', '1e-3', '.1', '0.25', '0.5', '0.9', '1', '1.0']) {
      const flagsOf = sampler(settingsOf('traceidratio', ratio).sampling);
      const taken = TRACES.filter((id) => flagsOf(id, undefined) & SAMPLED).length;
      assert.ok(Math.abs(taken / TRACES.length - Number(ratio)) < 0.04, `${ratio}: ${taken}`);
      assert.ok(taken >= last);
      last = taken;
      const larger = sampler({ ratio: Math.min(1, Number(ratio) * 1.5), isParentBased: false });
      assert.ok(TRACES.every((id) => !(flagsOf(id, undefined) & SAMPLED) || larger(id, undefined) & SAMPLED));
    }
    assert.equal(last, TRACES.length);
  });

  it('go by the last 7 bytes, as others do', () => {
    const half = sampler({ ratio: 0.5, isParentBased: false });
    const id = (hex: string) => Buffer.from(hex.padStart(32, 'f'), 'hex');
    assert.equal(half(id('80000000000000'), undefined), SAMPLED | RANDOM);
    assert.equal(half(id('7fffffffffffff'), undefined), RANDOM);
  });

  it('are all, where what is asked for makes no sense, and that is told', () => {
    for (const argument of ['-0.1', '1.1', 'half', '0x1', 'NaN', '1/2', '.']) {
      const { sampling, warnings } = settingsOf('traceidratio', argument);
      assert.deepEqual([sampling, warnings.length], [{ ratio: 1, isParentBased: false }, 1], argument);
      assert.match(warnings[0] ?? '', /^OTEL_TRACES_SAMPLER_ARG: ignored/);
    }
    for (const name of ['jaeger_remote', 'sometimes']) {
      const { sampling, warnings } = settingsOf(name);
      assert.deepEqual(sampling, { ratio: 1, isParentBased: true });
      assert.match(warnings.join(), /^OTEL_TRACES_SAMPLER=\w+: ignored, supported: always_on, /);
      assert.deepEqual(settingsOf(name, '7', false).warnings, [], 'where no spans are asked for');
    }
  });
});
