import assert from 'node:assert/strict';
import { outcomeOf } from '../../../src/otlp/spans/process-outcome.js';

describe('output: OTLP, the outcome of a process', () => {
  for (const [signal, status] of [
    ['SIGHUP', 129],
    ['SIGSYS', 159],
    ['SIG32', 160],
    ['SIG33', 161],
    ['SIGRTMIN', 162],
    ['SIGRTMIN+15', 177],
    ['SIGRTMAX-14', 178],
    ['SIGRTMAX', 192],
  ] as const)
    it(`that ${signal} ended is ${status}, as in bash`, () => {
      const { hasFailed, attributes } = outcomeOf(0, signal);
      assert.ok(hasFailed);
      assert.deepEqual(attributes[0], { key: 'process.exit.code', value: { intValue: status } });
    });
});
