import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cutBtf } from '../../src/btf/cut.js';
import { Btf } from '../../src/btf/index.js';
import { relocatedTypes } from '../../src/btf/relocations.js';
import { objectPath } from '../../src/trace/object-path.js';

describe('btf: cut', () => {
  const types = Btf.parse(readFileSync(objectPath('opensnoop')));
  const cut = (...names: string[]) => {
    const bytes = cutBtf(readFileSync(objectPath('opensnoop')), new Set(names));
    return bytes && Btf.parse(bytes);
  };

  it('has what was asked for, and what lies in it', () => {
    const btf = cut('opensnoop_event');
    assert.ok(btf && btf.count < types.count / 2);
    const id = btf.find('opensnoop_event', 'struct') as number;
    assert.equal(btf.sizeOf(id), types.sizeOf(types.find('opensnoop_event', 'struct') as number));
  });

  it('is none without one of the names', () => {
    assert.equal(cut('opensnoop_event', 'no_such_type'), undefined);
  });

  it('is for what relocations start at', () => {
    const names = relocatedTypes(readFileSync(objectPath('opensnoop')));
    assert.ok(names?.has('task_struct') && !names.has('opensnoop_event'));
  });
});
