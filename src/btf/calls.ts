/**
 * Functions that the programs of a BPF object call. Source: Documentation/bpf/standardization/instruction-set.rst;
 * Documentation/bpf/llvm_reloc.rst.
 */
import { type Elf, type ElfSection, type ElfSymbol, readElf, readSymbols } from './elf.js';

const SIZE = 8;
const CALL = 0x85;
const LOAD_ADDRESS = 0x18;
/** Source registers of a call. */
const HELPER = 0;
const FUNCTION = 1;
const SHT_REL = 9;
const RELOCATION_SIZE = 16;
const SHF_EXECINSTR = 4;
const SUBPROGRAMS = '.text';

/** A call of something that is not in the object. */
export interface ExternalCall {
  /** Number of a helper, or the name of a kernel function (kfunc). */
  readonly callee: number | string;
  /** Whether the object can do without it: the function is declared weak. */
  readonly isWeak: boolean;
}

/** A function: its calls out of the object, and the functions of the object that it calls or passes on, by their key. */
interface Code {
  readonly external: ExternalCall[];
  readonly internal: Set<string>;
}

const keyOf = (section: number, offset: number) => `${section}:${offset}`;

/** Symbols of relocations, by the offset that they change. */
function relocationsOf({ sections, littleEndian }: Elf, of: ElfSection, symbols: readonly ElfSymbol[]) {
  const found = new Map<number, ElfSymbol>();
  for (const { type, info, bytes } of sections) {
    if (type !== SHT_REL || info !== of.index) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + RELOCATION_SIZE <= view.byteLength; at += RELOCATION_SIZE) {
      const symbol = symbols[Number(view.getBigUint64(at + 8, littleEndian) >> 32n)];
      if (symbol) found.set(Number(view.getBigUint64(at, littleEndian)), symbol);
    }
  }
  return found;
}

function readFunction(
  elf: Elf,
  section: ElfSection,
  symbol: ElfSymbol,
  relocations: ReadonlyMap<number, ElfSymbol>,
): Code {
  const { bytes, index } = section;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const code: Code = { external: [], internal: new Set() };
  const end = Math.min(symbol.value + symbol.size, bytes.length - (SIZE - 1));
  for (let at = symbol.value; at < end; at += SIZE) {
    const opcode = bytes[at] as number;
    const registers = bytes[at + 1] as number;
    const source = elf.littleEndian ? registers >> 4 : registers & 0xf;
    const immediate = view.getInt32(at + 4, elf.littleEndian);
    const target = relocations.get(at);
    if (opcode === CALL && source === HELPER && !target) {
      code.external.push({ callee: immediate, isWeak: false });
    } else if (opcode === CALL) {
      if (!target) {
        if (source === FUNCTION) code.internal.add(keyOf(index, at + (immediate + 1) * SIZE));
      } else if (target.section === 0) {
        code.external.push({ callee: target.name, isWeak: target.binding === 'weak' });
      } else {
        // For a static function the symbol is the section, and the call has the place in it.
        const offset = target.type === 'section' ? (immediate + 1) * SIZE : target.value;
        code.internal.add(keyOf(target.section, offset));
      }
    } else if (opcode === LOAD_ADDRESS && target && isCode(elf, target)) {
      // A callback.
      code.internal.add(keyOf(target.section, target.type === 'section' ? immediate : target.value));
    }
  }
  return code;
}

const isCode = ({ sections }: Elf, { section }: ElfSymbol) =>
  ((sections[section]?.flags ?? 0) & SHF_EXECINSTR) !== 0 && section !== 0;

/**
 * Returns what each program calls outside of the object, itself or in functions that it calls, by the program's name.
 *
 * @throws BtfError if the object is damaged.
 */
export function externalCalls(object: Uint8Array): Map<string, ExternalCall[]> {
  const elf = readElf(object);
  const symbols = readSymbols(elf);
  const functions = new Map<string, Code>();
  const programs: { name: string; key: string }[] = [];
  const known = new Map<number, ReadonlyMap<number, ElfSymbol>>();
  for (const symbol of symbols) {
    const section = elf.sections[symbol.section];
    if (symbol.type !== 'function' || !section || !isCode(elf, symbol)) continue;
    const relocations = known.get(section.index) ?? relocationsOf(elf, section, symbols);
    known.set(section.index, relocations);
    const key = keyOf(section.index, symbol.value);
    functions.set(key, readFunction(elf, section, symbol, relocations));
    if (symbol.binding === 'global' && section.name !== SUBPROGRAMS) programs.push({ name: symbol.name, key });
  }
  return new Map(
    programs.map(({ name, key }) => {
      const calls: ExternalCall[] = [];
      // Iteration over a set includes elements added meanwhile.
      const reached = new Set([key]);
      for (const each of reached) {
        const code = functions.get(each);
        if (!code) continue;
        calls.push(...code.external);
        for (const inner of code.internal) reached.add(inner);
      }
      return [name, calls];
    }),
  );
}
