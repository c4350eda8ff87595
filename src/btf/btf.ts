/** A set of BTF types, decoded on demand. Source: Documentation/bpf/btf.rst. */
import { checkBytes, checkInstance, mistake, shown } from '../mistake.js';
import { decodeType } from './decode.js';
import { readBtfBytes } from './elf.js';
import { BtfError, quoted } from './error.js';
import { Names } from './names.js';
import { kindOf, type RawBtf, readRaw } from './raw.js';
import { Strings } from './strings.js';
import { BTF_KINDS, type BtfKind, type BtfType } from './types.js';

/** Maximum number of references followed in a row, equal to that of the kernel and libbpf (MAX_RESOLVE_DEPTH). */
const MAX_DEPTH = 32;
/** Sizes are 32 bits in BTF; the kernel refuses arrays beyond that. */
const MAX_SIZE = 0xffffffff;
/** BTF has no size of pointers. All supported machines are 64-bit. */
const POINTER_SIZE = 8;

const VOID: BtfType = { kind: 'void', name: '' };

/** Options of `Btf.parse`. */
export interface BtfOptions {
  /** For split BTF, such as a kernel module's: the BTF whose IDs and string offsets it continues. */
  readonly base?: Btf;
}

/**
 * A set of BTF types. IDs are numbers from 0 (void) to `count` - 1; the base's types, if any, come first. Parsing takes
 * one pass over the types (a few ms for a kernel's 5 MB) and decodes none. The bytes are referenced, not copied, and
 * must not change.
 */
export class Btf {
  /** Number of types, including void and the base's types. Equal to the first invalid ID. */
  readonly count: number;
  /** Whether the numbers in it, and in the data that it describes, are little-endian. */
  readonly littleEndian: boolean;
  readonly #raw: RawBtf;
  readonly #base: Btf | undefined;
  readonly #firstId: number;
  readonly #strings: Strings;
  readonly #names: Names;
  readonly #decoded = new Map<number, BtfType>();

  private constructor(raw: RawBtf, base: Btf | undefined) {
    this.#raw = raw;
    this.#base = base;
    this.#firstId = base ? base.count : 1;
    this.#strings = new Strings(raw.strings, base ? base.#strings : undefined);
    this.#names = new Names(raw, this.#strings);
    this.count = this.#firstId + raw.offsets.length - 1;
    this.littleEndian = raw.littleEndian;
  }

  /**
   * The string at an offset of the string section, its base's included: what .BTF.ext refers to.
   *
   * @throws BtfError if the offset is out of range.
   */
  string(offset: number): string {
    if (!Number.isInteger(offset)) throw new BtfError(`no string at offset ${shown(offset)}`);
    return this.#strings.at(offset);
  }

  /**
   * Parses raw BTF, or the .BTF section of an ELF64 file, of either byte order.
   *
   * @throws BtfError if the bytes are neither, or are truncated or corrupt. Errors in a single type, such as an ID out
   * of range, are thrown when that type is decoded.
   */
  static parse(bytes: Uint8Array, options: BtfOptions = {}): Btf {
    checkBytes('bytes', bytes);
    if (typeof options !== 'object' || options === null) throw mistake('options', options, 'an object');
    const { base } = options;
    if (base !== undefined) checkInstance('base', base, Btf);
    return new Btf(readRaw(readBtfBytes(bytes), base !== undefined), base);
  }

  /**
   * Returns the type with this ID.
   *
   * @throws BtfError if there is none, or it is corrupt.
   */
  type(id: number): BtfType {
    if (id === 0) return VOID;
    if (!Number.isInteger(id) || id < 0 || id >= this.count) {
      throw new BtfError(`no BTF type ${shown(id)}: ids go from 0 to ${this.count - 1}`);
    }
    if (this.#base && id < this.#firstId) return this.#base.type(id);
    const known = this.#decoded.get(id);
    if (known) return known;
    const type = decodeType(this.#raw, id - this.#firstId, this.#strings);
    this.#decoded.set(id, type);
    return type;
  }

  /** IDs of the types of one kind, without decoding the others. */
  *ofKind(kind: BtfKind): Generator<number, void> {
    if (this.#base) yield* this.#base.ofKind(kind);
    const { view, littleEndian, offsets } = this.#raw;
    const wanted = BTF_KINDS.indexOf(kind);
    for (let index = 0; index < offsets.length - 1; index++) {
      if (kindOf(view.getUint32((offsets[index] as number) + 4, littleEndian)) === wanted) yield this.#firstId + index;
    }
  }

  /**
   * Returns the lowest ID of a type with this name, and of this kind if given: in C, a struct, a typedef and a function
   * can share a name. The base is searched first. Undefined if there is none. Anonymous types are never found.
   */
  find(name: string, kind?: BtfKind): number | undefined {
    if (typeof name !== 'string') throw mistake('name', name, 'a string');
    if (name === '' || name.includes('\0')) return undefined;
    const inBase = this.#base?.find(name, kind);
    if (inBase !== undefined) return inBase;
    const index = this.#names.find(name, kind === undefined ? undefined : BTF_KINDS.indexOf(kind));
    return index < 0 ? undefined : this.#firstId + index;
  }

  /**
   * Strips typedefs, const, volatile, restrict and type tags off a type, and returns the ID of the remaining type.
   *
   * @throws BtfError if an ID is invalid, or there are more than 32 in a row, as in a cycle.
   */
  resolve(id: number): number {
    let at = id;
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const type = this.type(at);
      switch (type.kind) {
        case 'typedef':
        case 'const':
        case 'volatile':
        case 'restrict':
        case 'type_tag':
          at = type.type;
          break;
        default:
          return at;
      }
    }
    throw new BtfError(`BTF type ${id} ${this.#describe(id)} has a chain of over ${MAX_DEPTH} typedefs: a cycle?`);
  }

  /**
   * Returns the size in bytes of a value of this type; for a variable or a section, that of its contents.
   *
   * @throws BtfError if it has none (void, functions, forward declarations), an ID is invalid, it refers to itself, or
   * the size does not fit 32 bits.
   */
  sizeOf(id: number): number {
    let at = id;
    let times = 1;
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const type = this.type(this.resolve(at));
      switch (type.kind) {
        case 'int':
        case 'struct':
        case 'union':
        case 'enum':
        case 'enum64':
        case 'float':
        case 'datasec':
          return this.#checkedSize(id, times * type.size);
        case 'ptr':
          return this.#checkedSize(id, times * POINTER_SIZE);
        case 'array':
          // Capped, not refused: an inner dimension of 0 makes any outer one valid.
          times = Math.min(times * type.length, MAX_SIZE + 1);
          at = type.element;
          break;
        case 'var':
          at = type.type;
          break;
        default:
          throw new BtfError(`BTF type ${id} ${this.#describe(id)} has no size: it is ${type.kind}`);
      }
    }
    throw new BtfError(`BTF type ${id} has over ${MAX_DEPTH} dimensions: a cycle?`);
  }

  #checkedSize(id: number, size: number): number {
    if (size > MAX_SIZE) throw new BtfError(`BTF type ${id} has ${size} bytes, which exceeds 32 bits`);
    return size;
  }

  #describe(id: number): string {
    const { kind, name } = this.type(id);
    return name === '' ? `(${kind})` : `(${kind} ${quoted(name)})`;
  }
}
