import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { KernelSymbols } from '../../src/kernel/kallsyms.js';
import { needs } from '../capability.js';

const symbols = (...lines: string[]) => new KernelSymbols(Buffer.from(lines.map((line) => `${line}\n`).join('')));

describe('kernel: symbols', () => {
  const some = symbols(
    '0000000000000000 A fixed_percpu_data',
    'ffffffff81000000 T _text',
    'ffffffff81000100 t tcp_send',
    'ffffffff81000200 T tcp_timer',
    'ffffffffc0000000 t veth_xmit\t[veth]',
    'ffffffffa0000010 t bpf_prog_0a_one\t[bpf]',
  );

  for (const [address, name] of [
    [0xffffffff81000000n, '_text+0x0'],
    [0xffffffff810001ffn, 'tcp_send+0xff'],
    [0xffffffff81000200n, 'tcp_timer+0x0'],
    [0xffffffff8108ffffn, 'tcp_timer+0x8fdff'],
    [0xffffffffc000ffffn, 'veth_xmit+0xffff [veth]'],
    [0xffffffffa0000014n, 'bpf_prog_0a_one+0x4 [bpf]'],
    [0xffffffffffffffffn, undefined],
    [0xffffffffc0010000n, undefined],
    [0xffffffff80ffffffn, undefined],
    [0n, undefined],
  ] as const)
    it(`0x${address.toString(16)} is ${name}`, () => assert.equal(some.at(address), name));

  it('are found by the whole name', () => {
    assert.deepEqual(
      ['tcp_timer', 'timer', 'veth_xmit', 'fixed_percpu_data'].map((name) => some.addressOf(name)),
      [0xffffffff81000200n, undefined, undefined, undefined],
    );
  });

  it('are not known where the kernel hides them, or has none', () => {
    assert.equal(symbols('0000000000000000 T _text', '0000000000000000 T tcp_send').at(0xffffffff81000000n), undefined);
    assert.equal(KernelSymbols.read('/nonexistent').at(0xffffffff81000000n), undefined);
  });

  it('are those of the running kernel', function () {
    needs(this, 'root');
    const [, address = '', name] =
      /^([0-9a-f]{16}) T (tcp_sendmsg)$/m.exec(readFileSync('/proc/kallsyms', 'latin1')) ?? [];
    assert.equal(KernelSymbols.read().at(BigInt(`0x${address}`) + 5n), `${name}+0x5`);
  });
});
