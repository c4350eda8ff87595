import assert from 'node:assert/strict';
import { Losses } from '../../src/trace/losses.js';

const option = (name: string) => `--${name}`;
const REASONS = { ring_full: 0, not_followed: 1, not_kept: 2 };

/** Counters of some CPUs: for each the numbers by reason. */
function counters(...cpus: [bigint, bigint, bigint][]) {
  return { cpus, counts: () => cpus.map((by_reason) => ({ by_reason })) };
}

describe('cli: losses', () => {
  it('are summed over the CPUs, and reported once', () => {
    const { counts, cpus } = counters([2n, 0n, 0n], [3n, 0n, 0n]);
    const losses = new Losses(REASONS, counts, () => 0);
    assert.equal(losses.total, 0);
    assert.deepEqual(losses.take(), [{ reason: 'ring_full', count: 5, total: 5 }]);
    assert.deepEqual(losses.take(), []);
    cpus[0] = [4n, 0n, 0n];
    cpus[1] = [3n, 1n, 2n];
    assert.deepEqual(losses.take(), [
      { reason: 'ring_full', count: 2, total: 7 },
      { reason: 'not_followed', count: 1, total: 1 },
      { reason: 'not_kept', count: 2, total: 2 },
    ]);
    assert.equal(losses.total, 10);
  });

  it('count records that can not be read', () => {
    const losses = new Losses(REASONS, counters([0n, 0n, 0n], [0n, 0n, 0n]).counts, () => 0);
    losses.countUnreadable();
    losses.countUnreadable();
    assert.deepEqual(losses.take(), [{ reason: 'unreadable', count: 2, total: 2 }]);
  });

  it('count what the kernel skipped', () => {
    let misses = 3;
    const losses = new Losses(REASONS, counters([0n, 0n, 0n], [0n, 0n, 0n]).counts, () => misses);
    assert.deepEqual(losses.take(), [{ reason: 'skipped', count: 3, total: 3 }]);
    assert.deepEqual(losses.take(), []);
    misses = 4;
    assert.deepEqual(losses.take(), [{ reason: 'skipped', count: 1, total: 4 }]);
  });

  it('end in a line for each reason, with advice', () => {
    const losses = new Losses(REASONS, counters([1n, 0n, 5n], [0n, 2n, 0n]).counts, () => 7);
    assert.deepEqual(losses.summary(option), []);
    losses.countUnreadable();
    losses.take();
    const [full, followed, kept, skipped, unreadable, ...rest] = losses.summary(option);
    assert.match(full ?? '', /^1 event lost, ring buffer full.*--buffer/);
    assert.match(followed ?? '', /^2 processes not followed: /);
    assert.match(kept ?? '', /^5 entries not stored, maps full: /);
    assert.match(skipped ?? '', /^7 program runs skipped by the kernel, /);
    assert.match(unreadable ?? '', /^1 event unreadable: /);
    assert.deepEqual(rest, []);
  });
});
