import assert from 'node:assert/strict';
import { PrivilegeError, UnsupportedError } from '../../src/bpf/errors.js';
import type { HookWay } from '../../src/trace/hook-point.js';
import { hookReport, openingOf } from '../../src/trace/hook-report.js';
import { type HookPlan, hookKind, planHooks } from '../../src/trace/hooks.js';
import { callGetegid, counter, open } from '../bpf/helpers.js';
import { needs } from '../capability.js';

const THERE: HookWay = { programs: ['handle_there'] };
const MISSING: HookWay = { programs: ['handle_missing'] };
const NO_TRACEPOINT = 'this kernel has no tracepoint syscalls:sys_exit_no_such_call';

const names = ({ choices }: HookPlan) => choices.flatMap(({ programs }) => programs.map(({ name }) => name));

describe('cli: hooks', () => {
  before(function () {
    needs(this, 'root');
  });

  it('are taken in order, and the others are not loaded', () => {
    using opened = open('hookless');
    const plan = planHooks(opened, { calls: { ways: [MISSING, THERE] } });
    assert.deepEqual(names(plan), ['handle_there']);
    assert.deepEqual(
      plan.choices[0]?.refused.map(({ message }) => message),
      [NO_TRACEPOINT],
    );
    using object = opened.load();
    assert.throws(() => object.programs.need('handle_missing').fd, /program handle_missing was not loaded/);
    for (const { name } of plan.choices[0]?.programs ?? []) object.programs.need(name).attach();
    callGetegid(3);
    assert.ok(counter(object, 'calls') >= 3n);
  });

  it('are left out where a way does without them', () => {
    using object = open('hookless');
    const way = { programs: ['handle_there'], optional: ['handle_missing', 'of_another_architecture'] };
    assert.deepEqual(names(planHooks(object, { calls: { ways: [way] } })), ['handle_there']);
  });

  it('that were refused are not tried again', () => {
    using object = open('hooks');
    const refusals = new Map([['count_tracepoint', new Error('refused')]]);
    const ways = [{ programs: ['count_tracepoint'] }, { programs: ['count_raw'] }];
    const plan = planHooks(object, { calls: { ways } }, { refusals });
    assert.deepEqual(names(plan), ['count_raw']);
    assert.deepEqual(plan.choices[0]?.kinds, ['raw_tp']);
    assert.deepEqual(plan.choices[0]?.refused, [...refusals.values()]);
  });

  it('are of the kinds that are asked for', () => {
    using object = open('hooks');
    const ways = [{ programs: ['count_tracepoint'] }, { programs: ['count_raw'] }, { programs: ['count_typed'] }];
    const plan = planHooks(object, { calls: { ways } }, { kinds: new Set(['tp_btf', 'kprobe']) });
    assert.deepEqual(names(plan), ['count_typed']);
  });

  it('may all be missing for what a tool can do without', () => {
    using object = open('hookless');
    const without = 'calls are not shown';
    const plan = planHooks(object, { others: { ways: [THERE] }, calls: { ways: [MISSING], without } });
    assert.deepEqual(names(plan), ['handle_there']);
    assert.deepEqual(
      plan.lacks.map(({ point }) => point),
      ['calls'],
    );
    assert.deepEqual(hookReport(plan, false), [`no hook for calls on this kernel: ${without}`]);
    assert.deepEqual(hookReport(plan, true), [
      'others: using tracepoint',
      'attached handle_there to tp/syscalls/sys_enter_getegid',
      `calls: hook not used: ${NO_TRACEPOINT}`,
      `no hook for calls on this kernel: ${without}`,
    ]);
    const { hooks, without: told, tool } = openingOf('hookless', plan);
    assert.deepEqual([tool, hooks, told], ['hookless', { others: ['tracepoint'] }, [without]]);
  });

  it('are named where a tool can not do without', () => {
    using object = open('hookless');
    assert.throws(
      () => planHooks(object, { calls: { ways: [MISSING] } }),
      (error) =>
        error instanceof UnsupportedError &&
        error.message === `hookless: no usable hook for calls on this kernel: ${NO_TRACEPOINT}`,
    );
  });

  it('may be excluded by the caller, which is no lack of the kernel', () => {
    using object = open('hookless');
    assert.throws(() => planHooks(object, { calls: { ways: [THERE] } }, { kinds: new Set(['kprobe']) }), {
      code: 'ERR_SNOOPKIT_HOOK_EXCLUDED',
      message: 'hookless: no usable hook for calls on this kernel: tracepoint is excluded',
    });
  });

  it('name programs that the object has', () => {
    using object = open('hookless');
    const plan = () => planHooks(object, { calls: { ways: [{ programs: ['handle_nothing'] }] } });
    assert.throws(plan, {
      name: 'NotFoundError',
      kind: 'program',
      message: 'hookless has no program handle_nothing',
    });
  });

  it('that want for rights say so first', () => {
    using object = open('hookless');
    const rights = new PrivilegeError('cannot read tracefs', 1, ['CAP_SYS_ADMIN']);
    const plan = () =>
      planHooks(object, { calls: { ways: [MISSING, THERE] } }, { refusals: new Map([['handle_there', rights]]) });
    assert.throws(plan, (error) => error === rights);
  });

  it('have a kind', () => {
    const kinds = ['tp/a/b', 'tracepoint/a/b', 'tp_btf/a', 'fexit/f', 'kretprobe/f', 'xdp'].map((section) =>
      hookKind({ section }),
    );
    assert.deepEqual(kinds, ['tracepoint', 'tracepoint', 'tp_btf', 'fentry', 'kprobe', undefined]);
  });
});
