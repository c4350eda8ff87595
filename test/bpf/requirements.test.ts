import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { helperSince } from '../../src/bpf/helper-list.js';
import { BpfObject } from '../../src/bpf/object.js';
import { requirementsOf } from '../../src/bpf/requirements.js';
import { hintFor } from '../../src/bpf/verifier/hints.js';
import { KERNEL_BTF } from '../../src/bpf/vmlinux.js';
import { objectPath } from '../../src/trace/object-path.js';
import { encodeBtf, int } from '../btf/encode.js';
import { fixtureBytes, fixturePath } from './helpers.js';

describe('bpf: requirements of an object', () => {
  it('are the helpers that programs call, with their release', () => {
    using opened = BpfObject.open(objectPath('opensnoop'));
    const { helpers } = opened.requirements();
    const byId = new Map(helpers.map((helper) => [helper.id, helper]));
    const [output, remove] = [byId.get(130), byId.get(3)];
    assert.equal(output?.since, '5.8');
    assert.ok(output.programs.includes('handle_openat'));
    assert.ok(remove && !remove.programs.includes('handle_openat'));
    if (existsSync(KERNEL_BTF)) assert.deepEqual([output.name, output.isAvailable], ['bpf_ringbuf_output', true]);
  });

  it('have the release of the merge window that followed', () => {
    const releases = [109, 110, 111, 115, 116, 118, 119, 124, 125].map((id) => helperSince(id));
    assert.deepEqual(releases, ['5.3', '5.4', '5.5', '5.5', '5.6', '5.6', '5.7', '5.7', '5.8']);
  });

  it('include what their functions and callbacks call', () => {
    const { helpers, kfuncs } = requirementsOf(fixtureBytes('calls'), undefined);
    const called = (program: string) =>
      [...helpers, ...kfuncs].filter(({ programs }) => programs.includes(program)).map(({ id, name }) => id ?? name);
    assert.deepEqual(called('handle_static'), [5]);
    assert.deepEqual(called('handle_global'), [7]);
    assert.deepEqual(called('handle_callback'), [8, 181]);
    assert.deepEqual(called('handle_kfunc'), ['bpf_snoopkit_no_such_function', 'bpf_task_release']);
    const weak = kfuncs.filter(({ isWeak }) => isWeak).map(({ name }) => name);
    assert.deepEqual(weak, ['bpf_snoopkit_no_such_function']);
  });

  it('tell what a kernel lacks, and nothing of an unknown one', () => {
    const kernel = encodeBtf([
      int('int', 4),
      { kind: 'enum', name: 'bpf_func_id', size: 4, vlen: 2, data: ['BPF_FUNC_unspec', 0, 'BPF_FUNC_ktime_get_ns', 5] },
    ]);
    const { helpers, kfuncs } = requirementsOf(fixtureBytes('calls'), kernel);
    const available = [...helpers, ...kfuncs].filter(({ isAvailable }) => isAvailable).map(({ name }) => name);
    assert.deepEqual(available, ['bpf_ktime_get_ns']);
    const unknown = requirementsOf(fixtureBytes('calls'), undefined);
    assert.ok(unknown.helpers.every(({ isAvailable }) => isAvailable === undefined));
    const { btf } = BpfObject.open(fixturePath('calls'));
    assert.ok(btf.find('bpf_task_release', 'func') !== undefined);
  });

  for (const [reason, hint] of [
    ['unknown func unknown#181', /^bpf_loop came with Linux 5\.17, /],
    ['invalid func unknown#6', /^bpf_trace_printk came with Linux 4\.1, /],
    ['unknown func bpf_next#300', /^bpf_next came with a later release than this library knows, /],
  ] as const)
    it(`are named where the verifier says ${reason}`, () => assert.match(String(hintFor([reason])), hint));
});
