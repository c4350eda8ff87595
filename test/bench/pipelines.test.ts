import assert from 'node:assert/strict';
import { comparePipelines } from '../../bench/pipelines.js';

describe('pipelines of OTLP, in the benchmark', function () {
  this.timeout(60_000);

  it('deliver all that they are given', () => {
    const { rows, ratio, rounds } = comparePipelines(1, () => {}, 0.2);
    for (const { records, us, wallUs, peakKb } of Object.values(rounds).flat())
      assert.ok(records > 0 && us > 0 && wallUs > 0 && peakKb > 20_000);
    assert.equal(rows.length, 3);
    assert.ok(ratio.median > 0);
  });
});
