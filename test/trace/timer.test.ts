import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LONGEST_TIMER_MS, after as later } from '../../src/trace/timer.js';

describe('cli: timers', () => {
  it('call back, unless that was taken back', async () => {
    let calls = 0;
    later(10, () => calls++);
    later(10, () => calls++)();
    await sleep(50);
    assert.equal(calls, 1);
  });

  it('may be longer than one of Node, which would call back at once', async () => {
    let calls = 0;
    const cancel = later(LONGEST_TIMER_MS * 3, () => calls++);
    await sleep(50);
    cancel();
    assert.equal(calls, 0);
  });
});
