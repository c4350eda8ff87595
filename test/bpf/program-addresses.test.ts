import assert from 'node:assert/strict';
import sinon from 'sinon';
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

describe('bpf: the program that caused another', () => {
  let clock: sinon.SinonFakeTimers;
  let loaded: readonly ProgramInfo[];
  let lists: number;
  let addresses: ProgramAddresses;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
    lists = 0;
    loaded = [program(1, 10n, 100n), program(2, 20n, 200n, 300n)];
    const list = () => {
      lists++;
      return loaded;
    };
    addresses = new ProgramAddresses(list, ({ name }) => `whole ${name}`);
  });
  afterEach(() => clock.restore());

  it('is the second one on the stack', () => {
    assert.equal(addresses.callerOf([5n, 101n, 7n, 115n, 9n, 315n, 200n], 50n), 'whole p2');
    assert.equal(addresses.callerOf([200n, 300n, 99n, 100n], 50n), 'whole p1');
    assert.equal(lists, 1);
  });

  it('is none where there is no other, or where its code ends', () => {
    for (const stack of [[], [5n], [100n, 101n], [100n, 216n], [100n, 199n]])
      assert.equal(addresses.callerOf(stack, 50n), undefined);
  });

  it('is the last that was loaded before, if memory was used again', () => {
    loaded = [...loaded, program(3, 30n, 200n)];
    assert.equal(addresses.callerOf([100n, 200n], 29n), 'whole p2');
    assert.equal(addresses.callerOf([100n, 200n], 30n), 'whole p3');
    assert.equal(addresses.callerOf([100n, 200n], 19n), undefined);
  });

  it('is found if it was loaded later, or unloaded since', () => {
    assert.equal(addresses.callerOf([100n, 400n], 50n), undefined);
    loaded = [program(1, 10n, 100n), program(4, 40n, 400n)];
    assert.equal(addresses.callerOf([100n, 400n], 50n), undefined);
    clock.tick(60);
    assert.equal(addresses.callerOf([100n, 400n], 50n), 'whole p4');
    assert.equal(addresses.callerOf([100n, 300n], 50n), 'whole p2');
    assert.equal(lists, 2);
    clock.tick(1100);
    assert.equal(addresses.callerOf([100n, 300n], 50n), undefined);
    assert.equal(addresses.callerOf([100n, 400n], 50n), 'whole p4');
    assert.equal(lists, 3);
  });

  it('is unknown to those who may not list programs', () => {
    const denied = new ProgramAddresses(() => {
      throw new Error('denied');
    });
    assert.equal(denied.callerOf([100n, 200n], 50n), undefined);
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
