import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { signalName } from '../../src/kernel/signals.js';

describe('kernel: signals', () => {
  it('have names', () => {
    for (const name of ['SIGHUP', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGIO', 'SIGSYS'] as const)
      assert.equal(signalName(constants.signals[name]), name);
    for (const [number, name] of [
      [32, 'SIGRTMIN'],
      [40, 'SIGRTMIN+8'],
      [64, 'SIGRTMIN+32'],
      [65, '65'],
    ] as const)
      assert.equal(signalName(number), name);
    for (let number = 1; number <= 31; number++) assert.match(signalName(number), /^SIG[A-Z0-9]+$/);
  });
});
