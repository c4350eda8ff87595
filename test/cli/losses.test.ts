import assert from 'node:assert/strict';
import sinon from 'sinon';
import { BpfMap } from '../../src/bpf/map.js';
import { Losses } from '../../src/cli/losses.js';

/** A map `lost`, with what two CPUs have counted of each reason. */
function counters(...rows: [bigint, bigint][]) {
  const map = sinon.createStubInstance(BpfMap);
  map.get.callsFake((index) => rows[index as number]);
  return { map, rows };
}

describe('cli: losses', () => {
  it('are summed over the CPUs, and told once', () => {
    const { map, rows } = counters([2n, 3n], [0n, 0n]);
    const losses = new Losses(map);
    assert.equal(losses.total, 0);
    assert.deepEqual(losses.take(), [{ reason: 'ring_full', count: 5, total: 5 }]);
    assert.deepEqual(losses.take(), []);
    rows[0] = [4n, 3n];
    rows[1] = [0n, 1n];
    assert.deepEqual(losses.take(), [
      { reason: 'ring_full', count: 2, total: 7 },
      { reason: 'not_followed', count: 1, total: 1 },
    ]);
    assert.equal(losses.total, 8);
  });

  it('count records that can not be read', () => {
    const losses = new Losses(counters([0n, 0n], [0n, 0n]).map);
    losses.countUnreadable();
    losses.countUnreadable();
    assert.deepEqual(losses.take(), [{ reason: 'unreadable', count: 2, total: 2 }]);
  });

  it('end in a line for each reason, with advice', () => {
    const losses = new Losses(counters([1n, 0n], [0n, 2n]).map);
    assert.deepEqual(losses.summary(), []);
    losses.countUnreadable();
    losses.take();
    const [full, followed, unreadable, ...rest] = losses.summary();
    assert.match(full ?? '', /^1 events were lost.*--buffer/);
    assert.match(followed ?? '', /^2 processes could not be followed/);
    assert.match(unreadable ?? '', /^1 events could not be read/);
    assert.deepEqual(rest, []);
  });
});
