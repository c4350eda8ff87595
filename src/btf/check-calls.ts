import type { Elf, ElfSection, ElfSymbol } from './elf.js';
import { BtfError, quoted } from './error.js';
import { callGraph, readFunctions } from './functions.js';

/**
 * Refuses calls that libbpf 1.1 does not survive as it appends the called functions to a program: of the program by itself,
 * whose relocations it reads after it has freed them; and of two functions where neither they nor the program have any
 * relocation, because it takes a realloc() to no bytes for a failure, and frees them again.
 *
 * @param sections those that libbpf reads.
 * @throws BtfError
 */
export function checkCalls(elf: Elf, sections: readonly ElfSection[], symbols: readonly ElfSymbol[]): void {
  const functions = readFunctions(elf, symbols, sections);
  const reachedFrom = callGraph(functions);
  for (const program of functions) {
    // One that is alone is a program in any section.
    if (program.isSubprogram && functions.length > 1) continue;
    const reached = reachedFrom(program);
    const name = quoted(program.symbol.name);
    if (reached.has(program)) throw new BtfError(`ELF: program ${name} calls itself, which BPF does not allow`);
    if (program.hasRelocations) continue;
    if ([...reached].filter(({ hasRelocations }) => !hasRelocations).length > 1)
      throw new BtfError(
        `ELF: program ${name} calls functions in its section without relocations: those that are no programs belong in .text`,
      );
  }
}
