/**
 * Checks all types of BTF, as the kernel does: what they refer to exists and is of a fitting kind, and no type contains
 * itself. Source: kernel/bpf/btf.c; Documentation/bpf/btf.rst.
 */
import { BtfError } from './error.js';
import { kindOf, type RawBtf, TYPE_SIZE, vlenOf } from './raw.js';
import { BTF_KINDS, type BtfKind } from './types.js';

/** libbpf before 1.7 reads 16 bits of the number of elements. */
const MAX_ELEMENTS = 0xffff;
/** Maximum number of qualifiers and typedefs in a row: that of `Btf.resolve`. */
const MAX_CHAIN = 32;
/** Maximum nesting of structs, arrays and typedefs: libbpf follows some of it by recursion. */
const MAX_NESTING = 256;
/** The height of a type while it is computed. */
const OPEN = MAX_NESTING + 1;

const WITH_ELEMENTS: ReadonlySet<BtfKind> = new Set([
  'struct',
  'union',
  'enum',
  'enum64',
  'func_proto',
  'datasec',
  // A number of its own instead.
  'func',
]);
const MODIFIERS: ReadonlySet<BtfKind> = new Set(['typedef', 'volatile', 'const', 'restrict', 'type_tag']);
/** Kinds that only a datasec or a decl_tag refers to. */
const DECLARATIONS: ReadonlySet<BtfKind> = new Set(['func', 'var', 'datasec', 'decl_tag']);
const BIT_FIELDS: ReadonlySet<BtfKind> = new Set(['int', 'enum', 'enum64']);
const SIZES: { readonly [kind in BtfKind]?: readonly number[] } = {
  int: [1, 2, 4, 8, 16],
  enum: [1, 2, 4, 8],
  enum64: [1, 2, 4, 8],
  float: [2, 4, 8, 12, 16],
};

/** @throws BtfError that names the type at fault by its ID. */
export function checkTypes(raw: RawBtf): void {
  const checker = new Checker(raw);
  for (let id = 1; id < checker.count; id++) checker.checkType(id);
  checker.checkNesting();
}

/** A type in the raw bytes. */
interface Place {
  readonly id: number;
  readonly at: number;
  readonly kind: BtfKind;
  readonly vlen: number;
  readonly flag: boolean;
  readonly size: number;
}

class Checker {
  readonly count: number;
  readonly #raw: RawBtf;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #kinds: Uint8Array;
  /** 0 for those that are not computed yet. */
  readonly #heights: Uint16Array;

  constructor(raw: RawBtf) {
    this.#raw = raw;
    this.#view = raw.view;
    this.#littleEndian = raw.littleEndian;
    this.count = raw.offsets.length;
    this.#heights = new Uint16Array(this.count);
    this.#kinds = new Uint8Array(this.count);
    for (let id = 1; id < this.count; id++) this.#kinds[id] = kindOf(this.#u32((raw.offsets[id - 1] as number) + 4));
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** 'void' also for kinds that only the BTF itself describes, in which nothing is known to be wrong. */
  #kind(id: number): BtfKind {
    return BTF_KINDS[this.#kinds[id] as number] ?? 'void';
  }

  #place(id: number): Place {
    const at = this.#raw.offsets[id - 1] as number;
    const info = this.#u32(at + 4);
    return { id, at, kind: this.#kind(id), vlen: vlenOf(info), flag: info >>> 31 === 1, size: this.#u32(at + 8) };
  }

  #wrong({ id, kind }: Place, why: string): BtfError {
    return new BtfError(`BTF type ${id} (${kind}) ${why}`);
  }

  #checkName(place: Place, at: number): void {
    const offset = this.#u32(at);
    const { length } = this.#raw.strings;
    if (offset >= length) throw this.#wrong(place, `has a name at ${offset}, beyond the ${length} bytes of strings`);
  }

  /** A reference to a type of which there can be values, or to a function's prototype. */
  #checkType(place: Place, type: number): void {
    this.#checkId(place, type);
    const kind = this.#kind(type);
    if (DECLARATIONS.has(kind)) throw this.#wrong(place, `refers to type ${type}, a ${kind}`);
  }

  #checkId(place: Place, type: number): void {
    if (type >= this.count) throw this.#wrong(place, `refers to type ${type}: ids go from 0 to ${this.count - 1}`);
  }

  checkType(id: number): void {
    const place = this.#place(id);
    const { at, kind, vlen, size } = place;
    if (kind === 'void') return;
    this.#checkName(place, at);
    if (vlen > MAX_ELEMENTS) throw this.#wrong(place, `has ${vlen} elements, more than ${MAX_ELEMENTS}`);
    if (vlen > 0 && !WITH_ELEMENTS.has(kind)) throw this.#wrong(place, `has ${vlen} elements, expected none`);
    if (SIZES[kind]?.includes(size) === false) throw this.#wrong(place, `has an invalid size of ${size} bytes`);
    const data = at + TYPE_SIZE;
    switch (kind) {
      case 'ptr':
      case 'typedef':
      case 'volatile':
      case 'const':
      case 'restrict':
      case 'type_tag':
      case 'var':
        this.#checkType(place, size);
        if (kind === 'var') this.#checkLinkage(place, this.#u32(data));
        break;
      case 'decl_tag':
        this.#checkId(place, size);
        break;
      case 'array':
        this.#checkType(place, this.#u32(data));
        this.#checkType(place, this.#u32(data + 4));
        break;
      case 'struct':
      case 'union':
        for (let i = 0; i < vlen; i++) this.#checkMember(place, data + i * 12);
        break;
      case 'enum':
        for (let i = 0; i < vlen; i++) this.#checkName(place, data + i * 8);
        break;
      case 'enum64':
        for (let i = 0; i < vlen; i++) this.#checkName(place, data + i * 12);
        break;
      case 'func':
        this.#checkLinkage(place, vlen);
        this.#checkId(place, size);
        if (this.#kind(size) !== 'func_proto') throw this.#wrong(place, `has type ${size}, a ${this.#kind(size)}`);
        break;
      case 'func_proto':
        this.#checkType(place, size);
        for (let i = 0; i < vlen; i++) {
          this.#checkName(place, data + i * 8);
          this.#checkType(place, this.#u32(data + i * 8 + 4));
        }
        break;
      case 'datasec':
        for (let i = 0; i < vlen; i++) this.#checkVariable(place, this.#u32(data + i * 12));
        break;
    }
  }

  #checkLinkage(place: Place, linkage: number): void {
    if (linkage > 2) throw this.#wrong(place, `has an unknown linkage ${linkage}`);
  }

  #checkMember(place: Place, at: number): void {
    this.#checkName(place, at);
    const type = this.#u32(at + 4);
    this.#checkType(place, type);
    if (!place.flag || this.#u32(at + 8) >>> 24 === 0) return;
    const kind = this.#kind(this.#resolve(type));
    if (!BIT_FIELDS.has(kind)) throw this.#wrong(place, `has a bit-field of type ${type}, a ${kind}`);
  }

  /** Functions are in .ksyms. */
  #checkVariable(place: Place, type: number): void {
    this.#checkId(place, type);
    const kind = this.#kind(type);
    const isKsym = kind === 'func' && this.#nameOf(place) === '.ksyms';
    if (kind !== 'var' && !isKsym) throw this.#wrong(place, `contains type ${type}, a ${kind}, expected variables`);
  }

  #nameOf({ at }: Place): string {
    const { strings } = this.#raw;
    const start = this.#u32(at);
    return strings.toString('utf8', start, strings.indexOf(0, start));
  }

  /** The type after qualifiers and typedefs, which need not be checked yet. */
  #resolve(id: number): number {
    let at = id;
    for (let depth = 0; depth <= MAX_CHAIN; depth++) {
      if (at >= this.count || !MODIFIERS.has(this.#kind(at))) return at;
      at = this.#place(at).size;
    }
    throw new BtfError(`BTF type ${id} has a chain of over ${MAX_CHAIN} typedefs: a cycle?`);
  }

  /** Checks chains of typedefs, and that no type contains itself or is nested too deep. */
  checkNesting(): void {
    for (let id = 1; id < this.count; id++) if (MODIFIERS.has(this.#kind(id))) this.#resolve(id);
    for (let id = 1; id < this.count; id++) this.#height(id, 1);
  }

  /** Number of types inside one another. The recursion ends where the check fails. */
  #height(id: number, depth: number): number {
    const known = this.#heights[id] as number;
    if (known === OPEN) throw new BtfError(`BTF type ${id} (${this.#kind(id)}) contains itself`);
    if (known !== 0 || id === 0) return known;
    this.#heights[id] = OPEN;
    const kind = this.#kind(id);
    const at = this.#raw.offsets[id - 1] as number;
    let height = 1;
    const enter = (type: number) => {
      height = Math.max(height, this.#height(type, depth + 1) + 1);
    };
    if (depth <= MAX_NESTING) {
      if (kind === 'struct' || kind === 'union')
        for (let i = vlenOf(this.#u32(at + 4)), member = at + TYPE_SIZE; i > 0; i--, member += 12)
          enter(this.#u32(member + 4));
      else if (kind === 'array') enter(this.#u32(at + TYPE_SIZE));
      else if (MODIFIERS.has(kind)) enter(this.#u32(at + 8));
    }
    if (depth > MAX_NESTING || height > MAX_NESTING)
      throw new BtfError(`BTF type ${id} is nested over ${MAX_NESTING} deep`);
    this.#heights[id] = height;
    return height;
  }
}
