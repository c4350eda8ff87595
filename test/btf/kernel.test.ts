import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Btf, layoutOf } from '../../src/btf/index.js';
import { needs } from '../capability.js';

describe("btf: the running kernel's types", () => {
  let btf: Btf;
  before(function () {
    needs(this, 'kernel-btf');
    btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'));
  });

  it('have the structs and functions that tools use', () => {
    assert.ok(btf.count > 10_000);
    for (const name of ['task_struct', 'sock', 'file', 'inode', 'dentry', 'linux_binprm']) {
      const layout = layoutOf(btf, name);
      assert.equal(layout.size, btf.sizeOf(btf.find(name, 'struct') as number));
      assert.ok(layout.members.length > 10, name);
    }
    const func = btf.type(btf.find('vfs_read', 'func') as number);
    assert.ok(func.kind === 'func' && btf.type(func.type).kind === 'func_proto');
  });

  it('have the layouts that the kernel promises user space', () => {
    // struct in6_addr, struct iphdr and struct timespec64 are the same on all machines of 64 bits.
    const offsets = (name: string) => layoutOf(btf, name).members.map((member) => [member.name, member.offset]);
    assert.deepEqual(offsets('timespec64'), [
      ['tv_sec', 0],
      ['tv_nsec', 8],
    ]);
    assert.equal(layoutOf(btf, 'iphdr').size, 20);
    const iphdr = new Map(layoutOf(btf, 'iphdr').members.map((member) => [member.name, member]));
    assert.deepEqual(
      ['ihl', 'tot_len', 'protocol', 'saddr', 'daddr'].map((name) => iphdr.get(name)?.offset),
      [0, 2, 9, 12, 16],
    );
    assert.deepEqual(
      [iphdr.get('ihl')?.bits, iphdr.get('version')?.bits],
      [
        { offset: 0, size: 4 },
        { offset: 4, size: 4 },
      ],
    );
  });

  it('can all be decoded, sized and laid out', () => {
    let structs = 0;
    for (let id = 0; id < btf.count; id++) {
      const { kind } = btf.type(id);
      if (kind !== 'struct' && kind !== 'union') continue;
      assert.equal(layoutOf(btf, id).size, btf.sizeOf(id));
      structs++;
    }
    assert.ok(structs > 1000);
  });
});
