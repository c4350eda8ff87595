import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { durationAmounts, histogramAmounts, SLOTS } from '../../../src/otlp/metrics/metric-histogram.js';
import { Instrument } from '../../../src/otlp/metrics/metric-instrument.js';
import { random } from '../../helpers/random.js';
import { decodeAll, options, type Point, SECOND, START } from './metric-helpers.js';

const NAME = { name: 'snoopkit.probe', description: 'Probes' };
const EXPONENTIAL = 'exponential';
const bucket = (slot: number, count: number) => ({ from: slot === 0 ? 0 : 2 ** (slot - 1), to: 2 ** slot, count });
const at = (seconds: number) => START + BigInt(seconds) * SECOND;
const pointOf = (histogram: Instrument, seconds: number): Point =>
  decodeAll(histogram.collect(at(seconds)))[0]?.points[0] ?? assert.fail('no point');
const added = (counts: readonly string[]) => counts.reduce((sum, count) => sum + Number(count), 0);

describe('output: OTLP histograms', () => {
  it('have as many slots as those of the BPF programs', () => {
    const header = readFileSync('bpf/include/types.h', 'utf8');
    assert.match(header, new RegExp(`^#define HISTOGRAM_SLOTS ${SLOTS}$`, 'm'));
  });

  it('have bounds in seconds that are always the same', () => {
    const histogram = Instrument.histogram(NAME, 'changes', options());
    histogram.add([], histogramAmounts({ sum: 3500n, buckets: [bucket(11, 2), bucket(12, 0), bucket(13, 1)] }));
    const first = pointOf(histogram, 1);
    assert.equal(first.bucketCounts.length, first.explicitBounds.length + 1);
    assert.deepEqual(
      first.explicitBounds,
      Array.from({ length: 53 }, (_, s) => 2 ** s * 1e-9),
    );
    assert.deepEqual([first.count, first.sum, added(first.bucketCounts)], ['3', 3.5e-6, 3]);
    // 1024 to 2047 ns: the last bound below is 1024 ns, the bound above 2048 ns.
    assert.deepEqual([first.bucketCounts[11], first.explicitBounds[10]], ['2', 1024e-9]);
    histogram.add([], histogramAmounts({ sum: 1n, buckets: [bucket(1, 1)] }));
    const second = pointOf(histogram, 2);
    assert.deepEqual(second.explicitBounds, first.explicitBounds);
    assert.deepEqual([second.count, second.bucketCounts[1], second.bucketCounts[13]], ['4', '1', '1']);
  });

  it('are exponential ones of seconds, too, from the first slot to the last that has something', () => {
    const histogram = Instrument.histogram(NAME, 'changes', options({ histograms: EXPONENTIAL }));
    histogram.add(
      [],
      histogramAmounts({ sum: 3500n, buckets: [bucket(0, 5), bucket(11, 2), bucket(12, 0), bucket(13, 1)] }),
    );
    const [metric] = decodeAll(histogram.collect(at(1)));
    assert.deepEqual([metric?.kind, metric?.unit], ['exponentialHistogram', 's']);
    const [point] = metric?.points ?? [];
    assert.deepEqual([point?.count, point?.sum, point?.scale, point?.zeroCount], ['8', 3500 / 1e9, 0, '5']);
    assert.deepEqual(point?.positive, { offset: -20, bucketCounts: ['2', '0', '1'] });
    histogram.add([], histogramAmounts({ sum: 1n, buckets: [bucket(1, 1)] }));
    assert.deepEqual(pointOf(histogram, 2).positive?.offset, -30);
    // A bucket has most of what its slot has, and nothing above it.
    for (let slot = 1; slot < 53; slot++) {
      const [lower, upper] = [2 ** (slot - 31), 2 ** (slot - 30)];
      const { from, to } = bucket(slot, 1);
      const shared = Math.log2(Math.min(upper, to / 1e9)) - Math.log2(Math.max(lower, from / 1e9));
      assert.ok(shared > 0.89 && lower < from / 1e9, `slot ${slot}: ${shared}`);
    }
  });

  it('may have nothing but zeros, or what is beyond all borders', () => {
    for (const histograms of ['explicit', EXPONENTIAL] as const) {
      const zeros = Instrument.histogram(NAME, 'changes', options({ histograms }));
      zeros.add([], histogramAmounts({ sum: 0n, buckets: [bucket(0, 7)] }));
      const point = pointOf(zeros, 1);
      assert.deepEqual([point.count, point.sum], ['7', 0]);
      if (histograms === EXPONENTIAL) assert.deepEqual([point.zeroCount, point.positive], ['7', undefined]);
      else assert.equal(point.bucketCounts[0], '7');

      const last = Instrument.histogram(NAME, 'changes', options({ histograms }));
      last.add([], histogramAmounts({ sum: 2n ** 60n, buckets: [{ from: 2 ** 52, to: undefined, count: 1 }] }));
      const { positive, bucketCounts, sum } = pointOf(last, 1);
      assert.equal(sum, 2 ** 60 / 1e9);
      if (histograms === EXPONENTIAL) assert.deepEqual(positive, { offset: 22, bucketCounts: ['1'] });
      else assert.equal(bucketCounts.at(-1), '1');
    }
  });

  it('are deltas or totals like all else, with sums that do not drift', () => {
    for (const temporality of ['cumulative', 'delta'] as const) {
      const histogram = Instrument.histogram(NAME, 'changes', options({ temporality }));
      let [sum, count] = [0n, 0];
      for (let report = 1; report <= 50; report++) {
        const took = 333_333_333_333n + BigInt(report);
        histogram.add([], histogramAmounts({ sum: took, buckets: [bucket(39, 1)] }));
        const point = pointOf(histogram, report);
        [sum, count] = temporality === 'delta' ? [took, 1] : [sum + took, count + 1];
        assert.deepEqual([point.sum, point.count], [Number(sum) / 1e9, String(count)]);
        assert.equal(added(point.bucketCounts), count);
      }
    }
  });

  it('have a value of our own where the BPF programs would have it', () => {
    const next = random(5);
    const slotOf = (nanoseconds: bigint) => durationAmounts(nanoseconds).subarray(1).indexOf(1n);
    assert.deepEqual([0n, 1n, 2n, 3n, 4n, 2n ** 52n, 2n ** 63n].map(slotOf), [0, 1, 2, 2, 3, 53, 53]);
    for (let i = 0; i < 200; i++) {
      const value = next();
      assert.equal(slotOf(BigInt(value)), 32 - Math.clz32(value));
    }
  });
});
