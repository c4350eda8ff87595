import assert from 'node:assert/strict';
import { loadedPrograms } from '../../src/bpf/kernel-objects.js';
import { ProgramAddresses } from '../../src/bpf/program-addresses.js';
import type { ProgramInfo } from '../../src/bpf/program-info.js';
import { KernelSymbols } from '../../src/kernel/kallsyms.js';
import { needs } from '../capability.js';
import { load } from './helpers.js';

/** A program whose functions have 16 bytes each. */
const program = (id: number, loadTime: bigint, ...addresses: bigint[]) =>
  ({
    id,
    name: `p${id}`,
    loadTime,
    functions: addresses.map((address) => ({ address, size: 16 })),
  }) as unknown as ProgramInfo;

const SECOND = 1_000_000_000n;

describe('bpf: the program that caused another', () => {
  let now: bigint;
  let loaded: readonly ProgramInfo[];
  let lists: number;
  let addresses: ProgramAddresses;
  beforeEach(() => {
    now = 50n;
    lists = 0;
    loaded = [program(1, 10n, 100n), program(2, 20n, 200n, 300n)];
    addresses = new ProgramAddresses({
      list: () => {
        lists++;
        return loaded;
      },
      nameOf: ({ name }) => `whole ${name}`,
      now: () => now,
    });
  });

  it('is the second one on the stack', () => {
    assert.equal(addresses.callerOf([5n, 101n, 7n, 115n, 9n, 315n, 200n], 40n), 'whole p2');
    assert.equal(addresses.callerOf([200n, 300n, 99n, 100n], 40n), 'whole p1');
    assert.equal(lists, 1);
  });

  it('is none where there is no other, or where its code ends', () => {
    for (const stack of [[], [5n], [100n, 101n], [100n, 216n], [100n, 199n]])
      assert.equal(addresses.callerOf(stack, 40n), undefined);
    assert.equal(lists, 1);
  });

  it('is the last that was loaded before, if memory was used again', () => {
    loaded = [...loaded, program(3, 30n, 200n)];
    assert.equal(addresses.callerOf([100n, 200n], 29n), 'whole p2');
    assert.equal(addresses.callerOf([100n, 200n], 30n), 'whole p3');
    assert.equal(addresses.callerOf([100n, 200n], 19n), undefined);
  });

  it('is found if it was loaded since, however soon, or unloaded', () => {
    assert.equal(addresses.callerOf([100n, 400n], 40n), undefined);
    loaded = [program(1, 10n, 100n), program(4, 60n, 400n)];
    now = 80n;
    assert.equal(addresses.callerOf([100n, 400n], 70n), 'whole p4');
    assert.equal(addresses.callerOf([100n, 300n], 40n), 'whole p2');
    assert.equal(lists, 2);
    now += SECOND / 2n;
    assert.equal(addresses.callerOf([100n, 300n], 40n), 'whole p2');
    now += SECOND;
    assert.equal(addresses.callerOf([100n, 300n], 40n), undefined);
    assert.equal(addresses.callerOf([100n, 400n], 70n), 'whole p4');
    assert.equal(lists, 3);
  });

  it('is unknown to those who may not list programs, or see addresses', () => {
    const denied = () => {
      throw new Error('denied');
    };
    const kernel = { nameOf: () => 'none', now: () => 50n };
    assert.equal(new ProgramAddresses({ ...kernel, list: denied }).callerOf([100n, 200n], 60n), undefined);
    const hidden = () => {
      lists++;
      return [program(1, 10n), program(2, 20n)];
    };
    const blind = new ProgramAddresses({ ...kernel, list: hidden });
    for (const time of [60n, 70n, 80n]) assert.equal(blind.callerOf([100n, 200n], time), undefined);
    assert.equal(lists, 1);
  });
});

describe('bpf: places of machine code', () => {
  it("are those of the kernel's symbols", function () {
    needs(this, 'root');
    using object = load('printk');
    const symbols = KernelSymbols.read();
    for (const { name, id } of object.programs.values()) {
      const info = [...loadedPrograms()].find((each) => each.id === id);
      assert.ok(info);
      const [first] = info.functions;
      // Interpreted, or hidden.
      if (!first) continue;
      assert.ok(first.size > 16 && first.size < 4096);
      const symbol = symbols.at(first.address);
      if (symbol !== undefined) assert.match(symbol, new RegExp(`^bpf_prog_${info.tag}_${name}\\+0x0\\b`));
      assert.equal(info.functions.length, name === 'write_other_line' ? 1 : 2);
    }
  });
});
