import type { Elf, ElfSection, ElfSymbol } from './elf.js';
import { BtfError, quoted } from './error.js';

const SHT_PROGBITS = 1;
const SHT_REL = 9;
const SHF_EXECINSTR = 4;
const RELOCATION_SIZE = 16;
const INSTRUCTION_SIZE = 8;
const CALL = 0x85;
/** Source register of a call of a function: BPF_PSEUDO_CALL. */
const FUNCTION = 1;
/** Of functions alone, which are not programs. */
const SUBPROGRAMS = '.text';

/** Whether libbpf takes the functions of a section for programs. */
export const isCode = ({ flags, type }: ElfSection): boolean => (flags & SHF_EXECINSTR) !== 0 && type === SHT_PROGBITS;

interface Code {
  readonly symbol: ElfSymbol;
  readonly isProgram: boolean;
  readonly hasRelocations: boolean;
  /** Places in sections, in bytes, that it calls. */
  readonly calls: readonly { readonly section: number; readonly at: number }[];
}

/** Symbols of relocations in a section, by the offset that they change. */
function relocationsIn(
  { index }: ElfSection,
  sections: readonly ElfSection[],
  symbols: readonly ElfSymbol[],
  littleEndian: boolean,
) {
  const found = new Map<number, ElfSymbol | undefined>();
  for (const { type, info, bytes } of sections) {
    if (type !== SHT_REL || info !== index) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + RELOCATION_SIZE <= view.byteLength; at += RELOCATION_SIZE)
      found.set(
        Number(view.getBigUint64(at, littleEndian)),
        symbols[Number(view.getBigUint64(at + 8, littleEndian) >> 32n)],
      );
  }
  return found;
}

function codeOf(
  { littleEndian }: Elf,
  { index, name, bytes }: ElfSection,
  symbol: ElfSymbol,
  relocations: ReadonlyMap<number, ElfSymbol | undefined>,
): Code {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const calls: { section: number; at: number }[] = [];
  let hasRelocations = false;
  for (let at = symbol.value; at < symbol.value + symbol.size; at += INSTRUCTION_SIZE) {
    const target = relocations.get(at);
    hasRelocations ||= relocations.has(at);
    const registers = view.getUint8(at + 1);
    if (view.getUint8(at) !== CALL || (littleEndian ? registers >> 4 : registers & 0xf) !== FUNCTION) continue;
    const distance = (view.getInt32(at + 4, littleEndian) + 1) * INSTRUCTION_SIZE;
    // For a static function the symbol is the section, and the call has the place in it.
    if (!target) calls.push({ section: index, at: at + distance });
    else calls.push({ section: target.section, at: target.type === 'section' ? distance : target.value });
  }
  return { symbol, isProgram: name !== SUBPROGRAMS, hasRelocations, calls };
}

/**
 * Refuses calls, in the sections that libbpf reads, that version 1.1 does not survive when it appends the called functions to a program: of the program by itself,
 * whose relocations it then reads after it has freed them; and of two functions where neither they nor the program have any
 * relocation, because it takes a realloc() to no bytes for a failure, and frees them again.
 *
 * @throws BtfError
 */
export function checkCalls(elf: Elf, sections: readonly ElfSection[], symbols: readonly ElfSymbol[]): void {
  const all = sections.filter(isCode).flatMap((section) => {
    const relocations = relocationsIn(section, sections, symbols, elf.littleEndian);
    return symbols
      .filter(({ type, section: index, size }) => type === 'function' && index === section.index && size > 0)
      .map((symbol) => codeOf(elf, section, symbol, relocations));
  });
  const functionsAt = (section: number, at: number) =>
    all.filter(({ symbol }) => symbol.section === section && symbol.value <= at && at < symbol.value + symbol.size);
  const called = new Map(all.map((code) => [code, code.calls.flatMap(({ section, at }) => functionsAt(section, at))]));
  for (const program of all) {
    // Iteration over a set includes elements added meanwhile.
    const reached = new Set(called.get(program));
    for (const each of reached) for (const next of called.get(each) ?? []) reached.add(next);
    const name = quoted(program.symbol.name);
    if (reached.has(program)) throw new BtfError(`ELF: program ${name} calls itself, which BPF does not allow`);
    const isBare = program.isProgram && !program.hasRelocations;
    if (isBare && [...reached].filter(({ hasRelocations }) => !hasRelocations).length > 1)
      throw new BtfError(
        `ELF: program ${name} calls functions in its section without relocations: those that are no programs belong in .text`,
      );
  }
}
