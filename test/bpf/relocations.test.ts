import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { open } from './helpers.js';

describe('bpf: relocations', () => {
  before(function () {
    needs(this, 'root');
  });

  it('are recorded on request: applied, missing and poisoned', () => {
    using object = open('relocations').load({ relocations: true });
    const of = (target: string) => object.relocations.filter((relocation) => relocation.target === target);
    const [tgid] = of('struct task_struct.tgid');
    assert.deepEqual([tgid?.program, tgid?.kind, tgid?.state], ['handle_call', 'byte_off', 'applied']);
    assert.match(String(tgid?.before), /^\d+$/);
    assert.match(String(tgid?.after), /^\d+$/);
    const states = new Map(of('struct task_struct___snoopkit.no_such_member').map(({ kind, state }) => [kind, state]));
    assert.deepEqual([states.get('field_exists'), states.get('byte_off')], ['missing', 'poisoned']);
  });

  it('are not recorded otherwise', () => {
    using object = open('relocations').load();
    assert.deepEqual(object.relocations, []);
    assert.throws(() => open('relocations').load({ relocations: 1 as never }), { name: 'UsageError' });
  });
});
