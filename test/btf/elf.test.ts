import assert from 'node:assert/strict';
import { elfSections, elfSymbols, readBtfBytes } from '../../src/btf/index.js';
import { encodeBtf } from './encode.js';
import { btfError, fixture, TARGETS } from './fixtures.js';

describe('btf: ELF', () => {
  for (const target of TARGETS) {
    it(`gives the sections of a ${target} object as views of the file`, () => {
      const elf = fixture('globals', target);
      const sections = elfSections(elf);
      const data = sections.get('.data');
      assert.ok(data && sections.get('.BTF') && sections.get('.BTF.ext'));
      assert.equal(data.size, 8);
      assert.equal(data.bytes.buffer, elf.buffer);
      assert.deepEqual([...data.bytes], target === 'bpf' ? [3, 0, 0, 0, 4, 0, 0, 0] : [0, 0, 0, 3, 0, 0, 0, 4]);
    });
  }

  it('gives .bss its size and no bytes', () => {
    const bss = elfSections(fixture('globals')).get('.bss');
    assert.equal(bss?.size, 40);
    assert.equal(bss?.bytes.length, 0);
  });

  it('gives the symbols', () => {
    const elf = fixture('globals');
    const symbol = elfSymbols(elf).find(({ name }) => name === 'target_pid');
    const section = elfSections(elf).get('.rodata')?.index;
    assert.deepEqual(symbol, { name: 'target_pid', binding: 'global', type: 'object', section, value: 4, size: 4 });
  });

  it('takes raw BTF as it is, and the .BTF section of an ELF file', () => {
    const raw = encodeBtf([]);
    assert.equal(readBtfBytes(raw), raw);
    assert.deepEqual([...readBtfBytes(fixture('kinds')).subarray(0, 2)], [0x9f, 0xeb]);
  });

  const withByte = (at: number, value: number) => Buffer.from(fixture('globals')).fill(value, at, at + 1);
  const refused: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(0), /neither BTF nor an ELF/],
    ['text', Buffer.from('#!/bin/sh\n'), /neither BTF nor an ELF/],
    ['a 32-bit file', withByte(4, 1), /not a 64-bit file/],
    ['an unknown byte order', withByte(5, 3), /unknown byte order 3/],
    ['the start of a file', fixture('globals').subarray(0, 40), /cut off after 40 bytes/],
    ['a file that is cut off', fixture('globals').subarray(0, 1000), /lie outside the file/],
    ['section headers far away', withByte(45, 0x7f), /lie outside the file/],
    ['a file without sections', withByte(40, 0).fill(0, 40, 48), /no '.BTF' section/],
  ];
  for (const [what, bytes, pattern] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readBtfBytes(bytes), btfError(pattern));
    });
  }
});
