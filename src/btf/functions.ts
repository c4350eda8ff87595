/**
 * Functions of a BPF object, and what they call. Source: Documentation/bpf/standardization/instruction-set.rst;
 * Documentation/bpf/llvm_reloc.rst.
 */
import type { Elf, ElfSection, ElfSymbol } from './elf.js';

const SIZE = 8;
const CALL = 0x85;
const LOAD_ADDRESS = 0x18;
/** Source registers of a call. */
const HELPER = 0;
const FUNCTION = 1;
const SHT_PROGBITS = 1;
const SHT_REL = 9;
const RELOCATION_SIZE = 16;
const SHF_EXECINSTR = 4;
/** The section of functions that programs call. */
const SUBPROGRAMS = '.text';

/** A call of something that is not in the object. */
export interface ExternalCall {
  /** Number of a helper, or the name of a kernel function (kfunc). */
  readonly callee: number | string;
  /** Whether the object can do without it: the function is declared weak. */
  readonly isWeak: boolean;
}

export interface ObjectFunction {
  readonly symbol: ElfSymbol;
  readonly isSubprogram: boolean;
  readonly hasRelocations: boolean;
  /** Its calls out of the object. */
  readonly external: readonly ExternalCall[];
  /** Places in the object that it calls or passes on, in bytes from the start of a section. */
  readonly internal: readonly { readonly section: number; readonly offset: number }[];
}

/** Whether a section has functions. */
export const isCode = (section: ElfSection | undefined): section is ElfSection =>
  section !== undefined && (section.flags & SHF_EXECINSTR) !== 0 && section.type === SHT_PROGBITS;

/** Symbols of the relocations in a section, by the offset that they change; undefined for one that does not exist. */
function relocationsOf(
  { littleEndian }: Elf,
  of: ElfSection,
  sections: readonly ElfSection[],
  symbols: readonly ElfSymbol[],
) {
  const found = new Map<number, ElfSymbol | undefined>();
  for (const { type, info, bytes } of sections) {
    if (type !== SHT_REL || info !== of.index) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + RELOCATION_SIZE <= view.byteLength; at += RELOCATION_SIZE) {
      const symbol = symbols[Number(view.getBigUint64(at + 8, littleEndian) >> 32n)];
      found.set(Number(view.getBigUint64(at, littleEndian)), symbol);
    }
  }
  return found;
}

function readFunction(
  { littleEndian, sections }: Elf,
  section: ElfSection,
  symbol: ElfSymbol,
  relocations: ReadonlyMap<number, ElfSymbol | undefined>,
): ObjectFunction {
  const { bytes, index } = section;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const external: ExternalCall[] = [];
  const internal: { section: number; offset: number }[] = [];
  let hasRelocations = false;
  const end = Math.min(symbol.value + symbol.size, bytes.length - (SIZE - 1));
  for (let at = symbol.value; at < end; at += SIZE) {
    const opcode = bytes[at] as number;
    const registers = bytes[at + 1] as number;
    const source = littleEndian ? registers >> 4 : registers & 0xf;
    const immediate = view.getInt32(at + 4, littleEndian);
    const target = relocations.get(at);
    hasRelocations ||= relocations.has(at);
    if (opcode === CALL && source === HELPER && !target) {
      external.push({ callee: immediate, isWeak: false });
    } else if (opcode === CALL) {
      if (!target) {
        if (source === FUNCTION) internal.push({ section: index, offset: at + (immediate + 1) * SIZE });
      } else if (target.section === 0) {
        external.push({ callee: target.name, isWeak: target.binding === 'weak' });
      } else {
        // For a static function the symbol is the section, and the call has the place in it.
        const offset = target.type === 'section' ? (immediate + 1) * SIZE : target.value;
        internal.push({ section: target.section, offset });
      }
    } else if (opcode === LOAD_ADDRESS && target && isCode(sections[target.section])) {
      // A callback.
      const offset = target.type === 'section' ? immediate : target.value;
      internal.push({ section: target.section, offset });
    }
  }
  return { symbol, isSubprogram: section.name === SUBPROGRAMS, hasRelocations, external, internal };
}

/** All functions of an object whose sections are these, of which those with relocations are looked at, too. */
export function readFunctions(
  elf: Elf,
  symbols: readonly ElfSymbol[],
  sections: readonly ElfSection[] = elf.sections,
): ObjectFunction[] {
  return sections.filter(isCode).flatMap((section) => {
    const relocations = relocationsOf(elf, section, sections, symbols);
    return symbols
      .filter(({ type, section: index }) => type === 'function' && index === section.index)
      .map((symbol) => readFunction(elf, section, symbol, relocations));
  });
}

/** For a function, returns all that it calls or passes on, or what these do: itself only if it calls itself. */
export function callGraph(functions: readonly ObjectFunction[]): (from: ObjectFunction) => Set<ObjectFunction> {
  const calledAt = ({ section, offset }: ObjectFunction['internal'][number]) =>
    functions.filter(
      ({ symbol: { section: index, value, size } }) => index === section && value <= offset && offset < value + size,
    );
  const called = new Map(functions.map((each) => [each, each.internal.flatMap(calledAt)]));
  return (from) => {
    const reached = new Set(called.get(from));
    // Iteration over a set includes elements added meanwhile.
    for (const each of reached) for (const next of called.get(each) ?? []) reached.add(next);
    return reached;
  };
}
