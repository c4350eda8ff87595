/**
 * Checks all of a BPF object that libbpf reads. libbpf and libelf trust many of the numbers in a file: a damaged one makes
 * them read or write outside of their memory, or not return. Source: elf(5); src/libbpf.c of libbpf.
 */
import { Btf } from './btf.js';
import { checkCalls } from './check-calls.js';
import { checkExtension } from './check-extension.js';
import { checkSections } from './check-sections.js';
import { checkTypes } from './check-types.js';
import { type Elf, type ElfSection, type ElfSymbol, readBtfBytes, readElf, readSymbols } from './elf.js';
import { BtfError, quoted } from './error.js';
import { isCode } from './functions.js';
import { readRaw } from './raw.js';

const ET_REL = 1;
/** clang wrote 0 before it had a number of its own. */
const MACHINES = new Set([0, 247]);
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHT_REL = 9;
const SHF_EXECINSTR = 4;
const SHF_COMPRESSED = 0x800;
const SHN_LORESERVE = 0xff00;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
const INSTRUCTION_SIZE = 8;
/** `BPF_LD | BPF_IMM | BPF_DW`: takes two instructions, of which libbpf changes both. */
const LOAD_64 = 0x18;
/** BTF without types: a header, and the empty string. */
const NO_TYPES = Uint8Array.of(0x9f, 0xeb, 1, 0, 24, ...new Array<number>(15).fill(0), 1, 0, 0, 0, 0);
const MAX_U32 = 0xffff_ffff;

/** Sections of which libbpf reads one, by name. It does not always read the same one if there are several. */
const UNIQUE = new Set(['.BTF', '.BTF.ext', '.maps', '.struct_ops', '.struct_ops.link', 'license', 'version']);
/** Sections without instructions whose relocations libbpf reads. */
const POINTERS = new Set(['.maps', '.struct_ops', '.struct_ops.link']);
const DATA = /^\.(rodata|data|bss)(\..+)?$/;
/** libbpf skips them. */
const IGNORED = /^(\.rel)?\.debug_/;

/**
 * Checks a BPF object: headers, tables of names and symbols, programs, relocations, BTF and its extension, and the
 * variables of each section. What it accepts can be given to libbpf; sections that libbpf skips are not checked.
 *
 * @returns the object's BTF; without types if it has none.
 * @throws BtfError that says what is damaged.
 */
export function checkObject(bytes: Uint8Array): Btf {
  const elf = readElf(bytes);
  if (elf.type !== ET_REL || !MACHINES.has(elf.machine))
    throw new BtfError(`not a BPF object: ELF type ${elf.type}, machine ${elf.machine}; expected 1, 247`);
  const sections = elf.sections.filter(({ index, name }) => index > 0 && !IGNORED.test(name));
  checkNames(sections);
  const symbols = checkSymbols(elf);
  for (const symbol of symbols) checkSymbol(elf, symbol);
  for (const section of sections) if (section.type === SHT_REL) checkRelocations(elf, section, symbols);
  checkCalls(elf, sections, symbols);
  const named = (name: string) => sections.find((section) => section.name === name);
  const types = named('.BTF');
  if (!types) return Btf.parse(NO_TYPES);
  const raw = readRaw(types.bytes, false);
  if (raw.littleEndian !== elf.littleEndian) throw new BtfError("BTF: its byte order is not the ELF file's");
  checkTypes(raw);
  const extension = named('.BTF.ext');
  if (extension) checkExtension(extension.bytes, raw, sections);
  const btf = Btf.parse(types.bytes);
  checkSections(btf, sections);
  return btf;
}

/**
 * Checks all types of BTF to which programs are relocated, as `checkObject` does those of an object.
 *
 * @throws BtfError if the bytes are neither BTF nor an ELF64 file with it, or are damaged.
 */
export function checkBtf(bytes: Uint8Array): void {
  checkTypes(readRaw(readBtfBytes(bytes), false));
}

function checkNames(sections: readonly ElfSection[]): void {
  const seen = new Set<string>();
  for (const { name, type, flags, size } of sections) {
    const isUnique = UNIQUE.has(name);
    if (isUnique && seen.has(name)) throw new BtfError(`ELF: there are two sections ${quoted(name)}`);
    if (isUnique) seen.add(name);
    // libbpf does not check that they have any.
    if (isUnique && type === SHT_NOBITS) throw new BtfError(`ELF: section ${quoted(name)} has no bytes`);
    if (flags & SHF_COMPRESSED) throw new BtfError(`ELF: section ${quoted(name)} is compressed`);
    if (DATA.test(name) && size > MAX_U32)
      throw new BtfError(`ELF: section ${quoted(name)} of ${size} bytes exceeds the largest map, of 2^32 - 1`);
  }
}

function checkSymbols(elf: Elf): ElfSymbol[] {
  const [table, other] = elf.sections.filter(({ type }) => type === SHT_SYMTAB);
  if (!table) throw new BtfError('ELF: there is no symbol table: was the file stripped?');
  if (other) throw new BtfError('ELF: there are two symbol tables');
  if (table.entrySize !== SYMBOL_SIZE || table.size % SYMBOL_SIZE !== 0)
    throw new BtfError(`ELF: a symbol table of ${table.size} bytes with symbols of ${table.entrySize}, expected 24`);
  if (elf.sections[table.link]?.type !== SHT_STRTAB)
    throw new BtfError(`ELF: section ${table.link}, for the names of symbols, is not a string table`);
  return readSymbols(elf);
}

/** Functions are programs. Labels and the like have no size. */
function checkSymbol(elf: Elf, { name, type, section: index, value, size }: ElfSymbol): void {
  if (index === 0 || index >= SHN_LORESERVE) return;
  const section = elf.sections[index];
  const wrong = (why: string) =>
    new BtfError(`ELF: ${type === 'function' ? 'program' : 'symbol'} ${quoted(name)} ${why}`);
  if (!section) throw wrong(`is in section ${index}, which does not exist`);
  if (value + size > section.size)
    throw wrong(`ends at ${value + size}, beyond the ${section.size} bytes of ${quoted(section.name)}`);
  if (type !== 'function' || !isCode(section)) return;
  if (value % INSTRUCTION_SIZE !== 0 || size % INSTRUCTION_SIZE !== 0 || size === 0)
    throw wrong(`at ${value}, of ${size} bytes, is not made of whole instructions`);
  if (section.bytes[value + size - INSTRUCTION_SIZE] === LOAD_64) throw wrong('ends within an instruction');
}

function checkRelocations({ littleEndian, sections }: Elf, table: ElfSection, symbols: readonly ElfSymbol[]): void {
  const { name, bytes, size, entrySize, info } = table;
  const wrong = (why: string) => new BtfError(`ELF: relocations ${quoted(name)} ${why}`);
  if (entrySize !== RELOCATION_SIZE || size % RELOCATION_SIZE !== 0)
    throw wrong(`of ${size} bytes have entries of ${entrySize}, expected 16`);
  const target = sections[info];
  if (!target || info === 0) throw wrong(`are for section ${info}, which does not exist`);
  if (name !== `.rel${target.name}`) throw wrong(`are for section ${quoted(target.name)}`);
  // libbpf does not read those of other sections, such as .rel.data.
  if (!(target.flags & SHF_EXECINSTR) && !POINTERS.has(target.name)) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < size; at += RELOCATION_SIZE) {
    const offset = Number(view.getBigUint64(at, littleEndian));
    const symbol = view.getUint32(at + (littleEndian ? 12 : 8), littleEndian);
    // An instruction, or a pointer: both have 8 bytes.
    if (offset + INSTRUCTION_SIZE > target.bytes.length)
      throw wrong(`have one at ${offset}, beyond the ${target.bytes.length} bytes of ${quoted(target.name)}`);
    if (symbol >= symbols.length) throw wrong(`have one of symbol ${symbol}; the object has ${symbols.length}`);
  }
}
