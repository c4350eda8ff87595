import assert from 'node:assert/strict';
import { elfSections, elfSymbols, globalsOf, readValue, writeValue } from '../../src/btf/index.js';
import { btfError, fixture, TARGETS } from './fixtures.js';

describe('btf: global variables', () => {
  for (const target of TARGETS) {
    it(`are all found, with their places (${target})`, () => {
      const rows = globalsOf(fixture('globals', target)).map((variable) => {
        const { section, name, offset, size, isStatic, typedefs } = variable;
        return [section, name, offset, size, isStatic, typedefs.join()];
      });
      assert.deepEqual(rows, [
        ['.bss', 'probe.calls', 0, 4, true, 'u32'],
        ['.bss', 'seen', 4, 4, true, 'u32'],
        ['.bss', 'per_cpu', 8, 32, false, ''],
        ['.data', 'counter', 0, 4, false, ''],
        ['.data', 'hidden_counter', 4, 4, true, ''],
        ['.data.special', 'special', 0, 4, false, 'u32'],
        ['.data.special', 'special_too', 4, 4, true, 'u32'],
        ['.rodata', 'only_failed', 0, 1, false, ''],
        ['.rodata', 'target_pid', 4, 4, false, 'pid_filter,u32'],
        ['.rodata', 'comm', 8, 16, false, ''],
        ['.rodata', 'mode', 24, 4, false, ''],
        ['.rodata', 'least', 32, 8, true, 'u64'],
        ['.rodata.more', 'constants', 0, 8, false, ''],
      ]);
    });
  }

  it('are where the symbol table has them', () => {
    for (const name of ['kinds', 'layout', 'globals'] as const) {
      const elf = fixture(name);
      const symbols = new Map(elfSymbols(elf).map((symbol) => [symbol.name, symbol]));
      for (const variable of globalsOf(elf)) {
        const symbol = symbols.get(variable.name);
        assert.deepEqual([variable.offset, variable.size], [symbol?.value, symbol?.size], variable.name);
      }
    }
  });

  it('can be read and written in the section', () => {
    const elf = fixture('globals');
    const rodata = Uint8Array.from(elfSections(elf).get('.rodata')?.bytes ?? []);
    const view = new DataView(rodata.buffer);
    const globals = new Map(globalsOf(elf).map((variable) => [variable.name, variable]));
    const read = (name: string) => {
      const variable = globals.get(name);
      return variable?.section === '.rodata' ? readValue(variable.shape, view, variable.offset) : undefined;
    };
    assert.deepEqual(['only_failed', 'target_pid', 'comm', 'mode', 'least'].map(read), [
      true,
      42,
      'nginx',
      'LOUD',
      1000n,
    ]);
    const comm = globals.get('comm');
    assert.ok(comm);
    writeValue(comm.shape, view, comm.offset, 'sshd', 'comm');
    assert.deepEqual(['target_pid', 'comm', 'mode'].map(read), [42, 'sshd', 'LOUD']);
  });

  it('that the optimizer cut down are left out', () => {
    const elf = Buffer.from(fixture('globals'));
    // In the BTF: offset 32 and size 8 of `least`.
    const entry = elf.indexOf(Buffer.from([32, 0, 0, 0, 8, 0, 0, 0]), elf.indexOf(Buffer.from([0x9f, 0xeb, 1, 0])));
    elf.writeUInt32LE(4, entry + 4);
    const names = globalsOf(elf).map(({ name }) => name);
    assert.ok(names.includes('mode') && !names.includes('least'));
  });

  it('without a symbol, or without their section, are an error', () => {
    const elf = Buffer.from(fixture('globals'));
    const rename = (from: string, to: string) => {
      // In .strtab alone, not in the BTF or DWARF: the last of them.
      const copy = Buffer.from(elf);
      copy.write(to, copy.lastIndexOf(`\0${from}\0`) + 1);
      return copy;
    };
    assert.throws(() => globalsOf(rename('target_pid', 'terget_pid')), btfError(/no symbol for variable 'target_pid'/));
    assert.throws(
      () => globalsOf(rename('.data.special', '.dota.special')),
      btfError(/section '.data.special', which/),
    );
  });
});
