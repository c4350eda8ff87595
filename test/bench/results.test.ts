import assert from 'node:assert/strict';
import { figuresOf, isLossy, stat } from '../../bench/results.js';
import { measurement, results } from './fixtures.js';

describe('figures of a benchmark', () => {
  it('has the middle one of an odd number, the mean of the middle two of an even one', () => {
    assert.deepEqual(stat([10, 9, 100]), { median: 10, min: 9, max: 100 });
    assert.deepEqual(stat([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
    assert.deepEqual(stat([7]), { median: 7, min: 7, max: 7 });
  });

  it('has no median of nothing', () => {
    assert.throws(() => stat([]), RangeError);
  });

  it('counts a tracer without its start, for each event that it printed', () => {
    const figures = figuresOf([measurement({ events: 500 })]);
    assert.equal(figures.cpuPerEventUs.median, 3);
    assert.equal(figures.lostPercent.median, 50);
    assert.equal(figures.cpuSeconds.median, 0.3015);
  });

  it('compares each round with the untraced load of the same round', () => {
    const rounds = [measurement(), measurement({ cpuNs: 5200, untracedCpuNs: 4200 })];
    assert.deepEqual(figuresOf(rounds).addedUs, { median: 1, min: 1, max: 1 });
    assert.equal(figuresOf([measurement()]).addedToOthersUs?.median, 0.1);
  });

  it('divides by no zero where nothing arrived', () => {
    assert.equal(figuresOf([measurement({ events: 0 })]).cpuPerEventUs.median, 1500);
  });

  it('marks those that lost too much to be compared', () => {
    assert.deepEqual(results.comparisons[0]?.rows.map(isLossy), [false, true, false]);
  });
});
