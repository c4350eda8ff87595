import assert from 'node:assert/strict';
import { UnsupportedError } from '../../src/bpf/errors.js';
import { planHooks } from '../../src/cli/hooks.js';
import { needs } from '../capability.js';
import { callGetegid, counter, open } from './helpers.js';

describe('cli: hooks that a kernel lacks', () => {
  before(function () {
    needs(this, 'root');
  });

  it('are done without where the tool can', () => {
    using object = open('hookless');
    const plan = planHooks(object, ['handle_missing']);
    assert.deepEqual(
      plan.programs.map(({ name }) => name),
      ['handle_there'],
    );
    assert.deepEqual(plan.missing, ['tp/syscalls/sys_exit_no_such_call']);
    object.load();
    assert.throws(() => object.programs.need('handle_missing').fd);
    for (const program of plan.programs) program.attach();
    callGetegid(3);
    assert.ok(counter(object, 'calls') >= 3n);
  });

  it('are named where it can not', () => {
    using object = open('hookless');
    assert.throws(
      () => planHooks(object, ['handle_there']),
      (error) =>
        error instanceof UnsupportedError &&
        error.message === 'this kernel has no tracepoint syscalls:sys_exit_no_such_call, and hookless needs it',
    );
  });

  it('are kept when they are there, optional or not', () => {
    using object = open('hooks');
    const plan = planHooks(object, ['count_tracepoint']);
    assert.deepEqual(plan.missing, []);
    assert.deepEqual(plan.programs, [...object.programs.values()]);
  });
});
