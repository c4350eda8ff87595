/**
 * The subset of ELF64 that BPF objects need: sections by name, and the symbol table. Source: elf(5);
 * include/uapi/linux/elf.h.
 */
import { checkBytes } from '../mistake.js';
import { BtfError, quoted } from './error.js';

/** A section of an ELF file. */
export interface ElfSection {
  readonly name: string;
  /** Index in the section header table, to which a symbol's `section` refers. */
  readonly index: number;
  /** `sh_type`, for example 8 (SHT_NOBITS) for .bss. */
  readonly type: number;
  /** Size in bytes in memory. For .bss it exceeds `bytes.length`, which is 0. */
  readonly size: number;
  /** A view into the file's bytes, not a copy. Empty for sections without data in the file (.bss). */
  readonly bytes: Uint8Array;
  /** `sh_link`: for a symbol table, the index of its string table. */
  readonly link: number;
  /** `sh_info`: for relocations, the index of the section that they change. */
  readonly info: number;
  /** `sh_flags`, of which only the lower 32 bits are in use. */
  readonly flags: number;
  /** `sh_entsize`: size in bytes of an entry of a table. */
  readonly entrySize: number;
}

/** A symbol of .symtab. */
export interface ElfSymbol {
  readonly name: string;
  readonly binding: 'local' | 'global' | 'weak' | 'other';
  readonly type: 'none' | 'object' | 'function' | 'section' | 'other';
  /** Index of its section; 0 is undefined, 0xfff1 absolute. */
  readonly section: number;
  /** In an object file (.o): offset in bytes from the start of its section. */
  readonly value: number;
  /** Size in bytes. */
  readonly size: number;
}

const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const ELF_HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHN_XINDEX = 0xffff;
const BINDINGS = ['local', 'global', 'weak'] as const;
const SYMBOL_TYPES = ['none', 'object', 'function', 'section'] as const;

/** An ELF64 file. */
export interface Elf {
  readonly littleEndian: boolean;
  /** `e_type`: 1 (ET_REL) for an object file. */
  readonly type: number;
  /** `e_machine`: 247 (EM_BPF) for a BPF object. */
  readonly machine: number;
  /** In file order, the empty first one included. */
  readonly sections: readonly ElfSection[];
}

/** Whether the bytes start like an ELF file of any class. */
export function isElf(bytes: Uint8Array): boolean {
  return ELF_MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Returns the sections of an ELF64 file by name, in file order, without copying. If several have the same name,
 * only the first is returned.
 *
 * @throws BtfError if the bytes are not ELF64 or a table lies outside the file.
 */
export function elfSections(bytes: Uint8Array): Map<string, ElfSection> {
  const byName = new Map<string, ElfSection>();
  for (const section of readElf(bytes).sections) {
    if (section.index > 0 && !byName.has(section.name)) byName.set(section.name, section);
  }
  return byName;
}

/**
 * Returns the named symbols of the symbol table; an empty list if the file has none.
 *
 * @throws BtfError if the bytes are not ELF64 or a table lies outside the file.
 */
export function elfSymbols(bytes: Uint8Array): ElfSymbol[] {
  return readSymbols(readElf(bytes)).filter(({ name }) => name !== '');
}

/** Returns all symbols, at their index in the table: those of sections have no name. */
export function readSymbols({ littleEndian, sections }: Elf): ElfSymbol[] {
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  if (!table) return [];
  const strings = sections[table.link]?.bytes;
  if (!strings) throw new BtfError(`ELF: .symtab refers to string section ${table.link}, which does not exist`);
  const view = viewOf(table.bytes);
  const symbols: ElfSymbol[] = [];
  for (let at = 0; at + SYMBOL_SIZE <= view.byteLength; at += SYMBOL_SIZE) {
    const info = view.getUint8(at + 4);
    symbols.push({
      name: stringAt(strings, view.getUint32(at, littleEndian), 'the symbol names'),
      binding: BINDINGS[info >> 4] ?? 'other',
      type: SYMBOL_TYPES[info & 0xf] ?? 'other',
      section: view.getUint16(at + 6, littleEndian),
      value: Number(view.getBigUint64(at + 8, littleEndian)),
      size: Number(view.getBigUint64(at + 16, littleEndian)),
    });
  }
  return symbols;
}

/**
 * Reads the headers of an ELF64 file.
 *
 * @throws BtfError if the bytes are not ELF64, or a section or a name lies outside the file.
 */
export function readElf(bytes: Uint8Array): Elf {
  if (!isElf(bytes)) throw new BtfError('not an ELF file');
  if (bytes.length < ELF_HEADER_SIZE) throw new BtfError(`ELF: the file is cut off after ${bytes.length} bytes`);
  if (bytes[4] !== 2) throw new BtfError('ELF: not a 64-bit file; BPF objects are ELF64');
  const order = bytes[5];
  if (order !== 1 && order !== 2) throw new BtfError(`ELF: unknown byte order ${order}`);
  const littleEndian = order === 1;
  const view = viewOf(bytes);
  const tableOffset = Number(view.getBigUint64(40, littleEndian));
  const entrySize = view.getUint16(58, littleEndian);
  let count = view.getUint16(60, littleEndian);
  let namesIndex = view.getUint16(62, littleEndian);
  const kind = { littleEndian, type: view.getUint16(16, littleEndian), machine: view.getUint16(18, littleEndian) };
  if (tableOffset === 0) return { ...kind, sections: [] };
  if (entrySize !== SECTION_HEADER_SIZE) throw new BtfError(`ELF: section headers of ${entrySize} bytes, expected 64`);
  if (tableOffset + SECTION_HEADER_SIZE > bytes.length) throw new BtfError('ELF: section headers lie outside the file');
  // Counts of more than 16 bits are in the first section header (elf(5), e_shnum and e_shstrndx).
  if (count === 0) count = Number(view.getBigUint64(tableOffset + 32, littleEndian));
  if (namesIndex === SHN_XINDEX) namesIndex = view.getUint32(tableOffset + 40, littleEndian);
  if (tableOffset + count * SECTION_HEADER_SIZE > bytes.length) {
    throw new BtfError('ELF: section headers lie outside the file');
  }
  const header = (index: number) => readHeader(bytes, view, tableOffset + index * SECTION_HEADER_SIZE, littleEndian);
  if (namesIndex >= count) throw new BtfError('ELF: the section name table is missing');
  const names = header(namesIndex).bytes;
  const sections: ElfSection[] = [];
  for (let index = 0; index < count; index++) {
    const { nameOffset, ...rest } = header(index);
    const name = index === 0 ? '' : stringAt(names, nameOffset, 'the section names');
    sections.push({ name, index, ...rest });
  }
  return { ...kind, sections };
}

function readHeader(bytes: Uint8Array, view: DataView, at: number, littleEndian: boolean) {
  const type = view.getUint32(at + 4, littleEndian);
  const offset = Number(view.getBigUint64(at + 24, littleEndian));
  const size = Number(view.getBigUint64(at + 32, littleEndian));
  const inFile = type === SHT_NOBITS || type === 0 ? 0 : size;
  if (inFile > 0 && offset + inFile > bytes.length) {
    throw new BtfError(`ELF: a section of ${size} bytes at offset ${offset} lies outside the file`);
  }
  const start = inFile > 0 ? offset : 0;
  return {
    nameOffset: view.getUint32(at, littleEndian),
    type,
    size,
    link: view.getUint32(at + 40, littleEndian),
    info: view.getUint32(at + 44, littleEndian),
    flags: view.getUint32(at + (littleEndian ? 8 : 12), littleEndian),
    entrySize: Number(view.getBigUint64(at + 56, littleEndian)),
    bytes: bytes.subarray(start, start + inFile),
  };
}

function stringAt(strings: Uint8Array, offset: number, where: string): string {
  const end = offset < strings.length ? strings.indexOf(0, offset) : -1;
  if (end < 0) throw new BtfError(`ELF: no string at offset ${offset} of ${where}`);
  return Buffer.from(strings.buffer, strings.byteOffset + offset, end - offset).toString('utf8');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Returns the raw BTF in `bytes`, without copying: the bytes themselves if they start with BTF's magic number (as
 * /sys/kernel/btf/vmlinux does), or the .BTF section of an ELF64 file.
 *
 * @throws BtfError if they are neither, or if the ELF file has no .BTF section.
 */
export function readBtfBytes(bytes: Uint8Array): Uint8Array {
  checkBytes('bytes', bytes);
  // By index: memory that is gone has no iterator.
  const [first, second] = [bytes[0], bytes[1]];
  if ((first === 0x9f && second === 0xeb) || (first === 0xeb && second === 0x9f)) return bytes;
  if (!isElf(bytes)) throw new BtfError('neither BTF nor an ELF file');
  const section = elfSections(bytes).get('.BTF');
  if (!section)
    throw new BtfError(`no ${quoted('.BTF')} section in this ELF file; compile it with clang -g -target bpf`);
  return section.bytes;
}
