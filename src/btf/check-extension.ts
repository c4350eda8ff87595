/**
 * Checks .BTF.ext: the prototypes of functions, the source lines and the CO-RE relocations of each section. Source:
 * Documentation/bpf/btf.rst; include/uapi/linux/bpf.h.
 */
import type { ElfSection } from './elf.js';
import { BtfError, quoted } from './error.js';
import { kindOf, type RawBtf } from './raw.js';
import { BTF_KINDS } from './types.js';

const MAGIC = 0xeb9f;
const MIN_HEADER_SIZE = 24;
const HEADER_WITH_RELOCATIONS_SIZE = 32;
const INSTRUCTION_SIZE = 8;
/** Indexes of members and elements, from the outside in. libbpf takes others, such as negative ones, for numbers. */
const ACCESS = /^\d{1,9}(:\d{1,9})*$/;

/** A part of .BTF.ext. */
interface Part {
  readonly name: string;
  /** Offset in the header of the part's offset and length. */
  readonly at: number;
  /** Smallest size of a record. */
  readonly recordSize: number;
  /** Checks the record at an offset. */
  readonly check: (extension: Extension, at: number) => void;
}

const PARTS: readonly Part[] = [
  { name: 'functions', at: 8, recordSize: 8, check: (extension, at) => extension.checkFunction(at) },
  { name: 'lines', at: 16, recordSize: 16, check: (extension, at) => extension.checkLine(at) },
  { name: 'relocations', at: 24, recordSize: 16, check: (extension, at) => extension.checkRelocation(at) },
];

/** @throws BtfError that names the part at fault, and its byte offset. */
export function checkExtension(bytes: Uint8Array, types: RawBtf, sections: readonly ElfSection[]): void {
  new Extension(bytes, types, new Map(sections.map((section) => [section.name, section]))).check();
}

class Extension {
  readonly #view: DataView;
  readonly #types: RawBtf;
  readonly #sections: ReadonlyMap<string, ElfSection>;
  /** Offsets of accesses that are checked: relocations share them. */
  readonly #accesses = new Set<number>();

  constructor(bytes: Uint8Array, types: RawBtf, sections: ReadonlyMap<string, ElfSection>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#types = types;
    this.#sections = sections;
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#types.littleEndian);
  }

  check(): void {
    const { byteLength } = this.#view;
    if (byteLength < MIN_HEADER_SIZE) throw new BtfError(`BTF.ext: the header is cut off after ${byteLength} bytes`);
    if (this.#view.getUint16(0, this.#types.littleEndian) !== MAGIC)
      throw new BtfError('BTF.ext: the magic number 0xeb9f is missing');
    const [version, flags] = [this.#view.getUint8(2), this.#view.getUint8(3)];
    if (version !== 1 || flags !== 0)
      throw new BtfError(`BTF.ext: unknown version ${version} or flags ${flags}, expected 1 and 0`);
    const headerSize = this.#u32(4);
    if (headerSize < MIN_HEADER_SIZE || headerSize > byteLength)
      throw new BtfError(`BTF.ext: invalid header size of ${headerSize} bytes, ${byteLength} in all`);
    const parts = headerSize < HEADER_WITH_RELOCATIONS_SIZE ? PARTS.slice(0, 2) : PARTS;
    for (const part of parts) this.#checkPart(part, headerSize + this.#u32(part.at), this.#u32(part.at + 4));
  }

  /** A size of records, then for each section its name, the number of records, and the records. */
  #checkPart({ name, recordSize: least, check }: Part, start: number, length: number): void {
    if (length === 0) return;
    const wrong = (why: string) => new BtfError(`BTF.ext: the ${name} ${why}`);
    const end = start + length;
    const { byteLength } = this.#view;
    if (length < 4 || end > byteLength) throw wrong(`at bytes ${start} to ${end} exceed the ${byteLength} bytes`);
    const recordSize = this.#u32(start);
    if (recordSize < least || recordSize % 4 !== 0) throw wrong(`have records of ${recordSize} bytes`);
    let at = start + 4;
    while (at < end) {
      if (at + 8 > end) throw wrong(`are cut off at byte ${end}`);
      const section = this.#sections.get(this.#stringAt(at, `the section of ${name}`));
      const count = this.#u32(at + 4);
      const last = at + 8 + count * recordSize;
      if (count === 0 || last > end)
        throw wrong(`have ${count} records at byte ${at}, of which ${end - at} bytes exist`);
      for (at += 8; at < last; at += recordSize) {
        const offset = this.#u32(at);
        // The sections of functions that a linker removed may be missing.
        if (offset % INSTRUCTION_SIZE !== 0 || (section && offset >= section.size))
          throw wrong(`have one for byte ${offset} of a section of ${section?.size} bytes`);
        check(this, at);
      }
    }
  }

  /** Returns the offset of a string, which ends with a NUL: `readRaw` has checked the last one. */
  #checkString(at: number, what: string): number {
    const offset = this.#u32(at);
    const { length } = this.#types.strings;
    if (offset >= length)
      throw new BtfError(`BTF.ext: ${what} has a string at ${offset}, beyond the ${length} bytes of strings`);
    return offset;
  }

  #stringAt(at: number, what: string): string {
    const { strings } = this.#types;
    const offset = this.#checkString(at, what);
    return strings.toString('utf8', offset, strings.indexOf(0, offset));
  }

  #checkType(at: number, what: string): number {
    const id = this.#u32(at);
    const { length } = this.#types.offsets;
    if (id >= length) throw new BtfError(`BTF.ext: ${what} has type ${id}: ids go from 0 to ${length - 1}`);
    return id;
  }

  checkFunction(at: number): void {
    const id = this.#checkType(at + 4, 'a function');
    const { view, littleEndian, offsets } = this.#types;
    const kind = id === 0 ? 0 : kindOf(view.getUint32((offsets[id - 1] as number) + 4, littleEndian));
    if (BTF_KINDS[kind] !== 'func') throw new BtfError(`BTF.ext: a function has type ${id}, a ${BTF_KINDS[kind]}`);
  }

  checkLine(at: number): void {
    this.#checkString(at + 4, 'a line');
    this.#checkString(at + 8, 'a line');
  }

  checkRelocation(at: number): void {
    this.#checkType(at + 4, 'a relocation');
    const offset = this.#checkString(at + 8, 'a relocation');
    if (this.#accesses.has(offset)) return;
    const access = this.#stringAt(at + 8, 'a relocation');
    this.#accesses.add(offset);
    if (!ACCESS.test(access)) throw new BtfError(`BTF.ext: a relocation has the access ${quoted(access)}`);
  }
}
