import assert from 'node:assert/strict';
import { counted } from '../src/counted.js';
import { accountLine } from '../src/otlp/delivery/account.js';

describe('numbers of things', () => {
  it('have the singular for one alone', () => {
    assert.deepEqual(
      [0, 1, 2].map((count) => counted(count, 'word')),
      ['0 words', '1 word', '2 words'],
    );
    assert.equal(counted(1, 'process', 'processes'), '1 process');
    assert.equal(counted(21, 'process', 'processes'), '21 processes');
  });

  it('are so in the account of what went to a collector', () => {
    const none = { queue_full: 0, too_large: 0, refused: 0, timeout: 0, shutdown: 0, unreadable: 0 };
    const account = (seen: number) =>
      accountLine('traces', {
        seen,
        adopted: 0,
        delivered: seen,
        rejected: 0,
        dropped: none,
        spooled: 0,
        replayed: 0,
        waiting: 0,
      });
    assert.deepEqual([account(1), account(2)], ['1 span: 1 delivered', '2 spans: 2 delivered']);
  });
});
