import assert from 'node:assert/strict';
import { patient } from '../helpers/patience.js';
import { run } from './helpers.js';

const cases: [step: string, stdout: string, flags?: string[]][] = [
  ['cancelled wait', ''],
  ['closed ring', ''],
  ['nothing closed', ''],
  ['exit while waiting', ''],
  ['exit within ready', ''],
  ['exit within the log', ''],
  ['uncaught exception', 'caught from ready\n'],
  ['garbage', 'collected 30 left 0 fds 0 mappings\n', ['--expose-gc']],
  ['garbage while waiting', 'calls 1\n', ['--expose-gc']],
  ['worker ends by itself', 'after workers 0 fds, 2 \n'],
  ['worker terminated while waiting', 'after workers 0 fds, 2 \n'],
  ['worker terminated within ready', 'after workers 0 fds, 2 \n'],
  ['worker terminated while loading', 'after workers 0 fds, 2 \n'],
  ['worker terminated while attaching', 'after workers 0 fds, 2 \n'],
  ['worker throws', `after workers 0 fds, 2 ${Array(10).fill('from ready').join()}\n`],
];

describe('native teardown', function () {
  this.timeout(patient(30_000));
  for (const [step, stdout, flags] of cases) {
    it(`is clean: ${step}`, () => {
      assert.equal(run('teardown', step, flags), stdout);
    });
  }
});
