/** Conversion of BTF types to shapes. Source: Documentation/bpf/btf.rst. */
import { NotFoundError } from '../errors.js';
import { checkInstance, mistake } from '../mistake.js';
import { Btf } from './btf.js';
import { BtfError, quoted } from './error.js';
import {
  type ArrayShape,
  bytesOfBits,
  type EnumShape,
  type IntShape,
  type Member,
  type Shape,
  type StructLayout,
  sizeOfShape,
} from './shape.js';
import type { BtfEnum, BtfEnum64, BtfInt, BtfMember, BtfStruct } from './types.js';

export type { Member, Shape, StructLayout } from './shape.js';
export { sizeOfShape } from './shape.js';

/** Maximum nesting of structs and arrays: deeper than in any C code, and shallow enough for JavaScript's stack. */
const MAX_NESTING = 64;
/**
 * Maximum number of members of a struct, including those of nested structs each time they appear. The largest in the
 * kernel has some 10,000. A malicious file can double them with each level.
 */
const MAX_MEMBERS = 1_000_000;
const INT_SIZES = new Set([1, 2, 4, 8, 16]);

/** A type's shape, and the typedef names on the way to it, outermost first. */
export interface TypedShape {
  readonly shape: Shape;
  readonly typedefs: readonly string[];
}

/** State of a struct while layouts are made. `weight` counts its members, including nested ones. */
interface Built {
  readonly layout: StructLayout;
  readonly weight: number;
}

/** Shapes by type ID: tools request the same ones repeatedly, and structs share them. */
interface Cache {
  /** 'open' while it is being made. */
  readonly structs: Map<number, Built | 'open'>;
  readonly enums: Map<number, EnumShape>;
}

const caches = new WeakMap<Btf, Cache>();

/**
 * Returns the layout of a struct or union by its ID or name: of a struct, else of a union, else of a typedef to one.
 * Anonymous struct and union members, and those of -fms-extensions, are flattened into it.
 *
 * @throws NotFoundError if there is no such struct.
 * @throws BtfError if it is no struct, or a member is corrupt or lies outside it.
 */
export function layoutOf(btf: Btf, struct: string | number): StructLayout {
  checkInstance('btf', btf, Btf);
  if (typeof struct !== 'number' && typeof struct !== 'string') throw mistake('struct', struct, 'a name or an id');
  const id = typeof struct === 'number' ? struct : findStruct(btf, struct);
  const { shape } = shapeOf(btf, id);
  if (shape.kind === 'struct' || shape.kind === 'union') return shape.layout;
  throw new BtfError(`BTF type ${quoted(String(struct))} is not a struct or union: it is ${shape.kind}`);
}

/**
 * Returns a member of a struct by its name.
 *
 * @throws NotFoundError if there is no such member.
 */
export function memberOf({ kind, name: struct, members }: StructLayout, name: string): Member {
  const member = members.find((candidate) => candidate.name === name);
  if (!member) throw new NotFoundError('member', name, `no member ${quoted(name)} in ${kind} ${quoted(struct)}`);
  return member;
}

/**
 * Returns the values of an enum of up to 32 bits by name.
 *
 * @throws NotFoundError if there is no such enum, or it lacks one of the names.
 */
export function enumNumbers<Name extends string>(
  btf: Btf,
  name: string,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const id = btf.find(name, 'enum');
  if (id === undefined) throw new NotFoundError('enum', name, `no enum ${quoted(name)} in this BTF`);
  const { shape } = shapeOf(btf, id);
  const numbers = names.map((wanted) => {
    const number = shape.kind === 'enum' ? shape.names.get(wanted) : undefined;
    if (typeof number !== 'number')
      throw new NotFoundError('enum value', wanted, `no ${quoted(wanted)} in enum ${quoted(name)}`);
    return [wanted, number];
  });
  return Object.fromEntries(numbers) as Record<Name, number>;
}

/**
 * Returns the shape of any type that values can have, such as that of a map's key.
 *
 * @throws BtfError if the type has no size (void, functions, forward declarations) or is corrupt.
 */
export function shapeOf(btf: Btf, id: number): TypedShape {
  const { shape, typedefs } = shapeAt(btf, id, 0);
  return { shape, typedefs };
}

function findStruct(btf: Btf, name: string): number {
  const id = btf.find(name, 'struct') ?? btf.find(name, 'union') ?? btf.find(name, 'typedef');
  if (id === undefined)
    throw new NotFoundError('struct or union', name, `no struct or union ${quoted(name)} in this BTF`);
  return id;
}

function shapeAt(btf: Btf, id: number, depth: number): TypedShape & { readonly weight: number } {
  if (depth > MAX_NESTING) throw new BtfError(`BTF type ${id} is nested over ${MAX_NESTING} deep: a cycle?`);
  const target = btf.resolve(id);
  const typedefs = typedefsOf(btf, id);
  const type = btf.type(target);
  switch (type.kind) {
    case 'int':
      return { shape: intShape(type), typedefs, weight: 0 };
    case 'float':
      return { shape: { kind: 'float', size: type.size }, typedefs, weight: 0 };
    case 'enum':
    case 'enum64':
      return { shape: knownEnum(btf, target, type), typedefs, weight: 0 };
    case 'ptr':
      return { shape: { kind: 'pointer', size: btf.sizeOf(target) }, typedefs, weight: 0 };
    case 'array': {
      const element = shapeAt(btf, type.element, depth + 1);
      // Also refuses arrays whose size in bytes exceeds 32 bits.
      btf.sizeOf(target);
      const shape: ArrayShape = {
        kind: 'array',
        length: type.length,
        element: element.shape,
        elementTypedefs: element.typedefs,
      };
      return { shape, typedefs, weight: element.weight };
    }
    case 'struct':
    case 'union': {
      const { layout, weight } = build(btf, target, type, depth);
      return { shape: { kind: type.kind, layout }, typedefs, weight };
    }
    default:
      throw new BtfError(`BTF type ${id} ${quoted(type.name)} has no size: it is ${type.kind}`);
  }
}

/** Typedefs passed by `resolve`, whose earlier call ensures that the chain ends. */
function typedefsOf(btf: Btf, id: number): string[] {
  const names: string[] = [];
  let type = btf.type(id);
  while (
    type.kind === 'typedef' ||
    type.kind === 'const' ||
    type.kind === 'volatile' ||
    type.kind === 'restrict' ||
    type.kind === 'type_tag'
  ) {
    if (type.kind === 'typedef') names.push(type.name);
    type = btf.type(type.type);
  }
  return names;
}

function intShape(type: BtfInt): IntShape {
  const { name, size, signed, bool } = type;
  if (!INT_SIZES.has(size)) throw new BtfError(`BTF: integer ${quoted(name)} has an invalid size of ${size} bytes`);
  // Clang never sets CHAR, and GCC also sets it for `unsigned char`, which is C's type of a byte.
  const char = size === 1 && !bool && (name === 'char' || (type.char && !name.includes(' ')));
  return { kind: 'int', size, signed, bool, char };
}

function enumShape(type: BtfEnum | BtfEnum64): EnumShape {
  const { name, size, signed } = type;
  if (!INT_SIZES.has(size) || size > 8)
    throw new BtfError(`BTF: enum ${quoted(name)} has an invalid size of ${size} bytes`);
  const values = new Map<number | bigint, string>();
  const names = new Map<string, number | bigint>();
  // BTF_KIND_ENUM has values of 32 bits: clang before 15 cuts those of a wider enum, so that its names can't be trusted.
  const entries = type.kind === 'enum' && size > 4 ? [] : type.values;
  for (const entry of entries) {
    const value = enumValue(entry.value, size, signed);
    if (!values.has(value)) values.set(value, entry.name);
    if (!names.has(entry.name)) names.set(entry.name, value);
  }
  return { kind: 'enum', size, signed, values, names, name };
}

/** The value as read from `size` bytes. Old encoders call a -1 in one byte unsigned, and write 0xffffffff. */
function enumValue(value: number | bigint, size: number, signed: boolean): number | bigint {
  const inMemory = signed ? BigInt.asIntN(size * 8, BigInt(value)) : BigInt.asUintN(size * 8, BigInt(value));
  return size > 4 ? inMemory : Number(inMemory);
}

function knownEnum(btf: Btf, id: number, type: BtfEnum | BtfEnum64): EnumShape {
  const known = cacheOf(btf).enums;
  const done = known.get(id) ?? enumShape(type);
  known.set(id, done);
  return done;
}

function cacheOf(btf: Btf): Cache {
  let cache = caches.get(btf);
  if (!cache) {
    cache = { structs: new Map(), enums: new Map() };
    caches.set(btf, cache);
  }
  return cache;
}

function build(btf: Btf, id: number, type: BtfStruct, depth: number): Built {
  const known = cacheOf(btf).structs;
  const done = known.get(id);
  if (done === 'open') throw new BtfError(`BTF: ${type.kind} ${quoted(type.name)} contains itself`);
  if (done) return done;
  known.set(id, 'open');
  try {
    const result = buildNew(btf, type, depth);
    known.set(id, result);
    return result;
  } catch (error) {
    known.delete(id);
    throw error;
  }
}

function buildNew(btf: Btf, type: BtfStruct, depth: number): Built {
  const { kind, name, size } = type;
  const members: Member[] = [];
  let weight = 1;
  for (const [position, member] of type.members.entries()) {
    const { shape, typedefs, weight: inside } = shapeAt(btf, member.type, depth + 1);
    weight += 1 + inside;
    if (weight > MAX_MEMBERS) throw new BtfError(`BTF: ${kind} ${quoted(name)} has over ${MAX_MEMBERS} members`);
    if (member.name === '' && (shape.kind === 'struct' || shape.kind === 'union') && member.bitSize === 0) {
      const offset = byteOffset(type, member);
      checkInside(type, member, offset + shape.layout.size);
      for (const inner of shape.layout.members) members.push({ ...inner, offset: offset + inner.offset });
      continue;
    }
    const place = placeOf(btf, type, member, shape);
    // Anonymous bit-fields are padding, and other members without a name can't be accessed either.
    if (member.name === '') continue;
    const last = kind === 'union' || position === type.members.length - 1;
    const isTail = last && shape.kind === 'array' && shape.length === 0;
    members.push({ name: member.name, ...place, type: isTail ? { ...shape, flexible: true } : shape, typedefs });
  }
  return { layout: { kind, name, size, members }, weight };
}

/** Offset of a member; for a bit-field, also its bits, which old compilers encode in the integer. */
function placeOf(btf: Btf, struct: BtfStruct, member: BtfMember, shape: Shape): Pick<Member, 'offset' | 'bits'> {
  let { bitOffset, bitSize } = member;
  if (bitSize === 0 && shape.kind === 'int') {
    const type = btf.type(btf.resolve(member.type)) as BtfInt;
    if (type.offset !== 0 || type.bits !== type.size * 8) {
      bitOffset += type.offset;
      bitSize = type.bits;
      if (bitSize === 0) throw new BtfError(`BTF: member ${quoted(member.name)} has 0 bits`);
    }
  }
  if (bitSize === 0) {
    const offset = byteOffset(struct, member);
    checkInside(struct, member, offset + sizeOfShape(shape));
    return { offset };
  }
  if ((shape.kind !== 'int' && shape.kind !== 'enum') || bitSize > shape.size * 8) {
    throw new BtfError(
      `BTF: member ${quoted(member.name)} of ${quoted(struct.name)} can't be a bit-field of ${bitSize}`,
    );
  }
  const offset = Math.floor(bitOffset / 8);
  const bits = { offset: bitOffset % 8, size: bitSize };
  checkInside(struct, member, offset + bytesOfBits(bits));
  return { offset, bits };
}

function byteOffset(struct: BtfStruct, { name, bitOffset }: BtfMember): number {
  if (bitOffset % 8 === 0) return bitOffset / 8;
  throw new BtfError(`BTF: member ${quoted(name)} of ${quoted(struct.name)} does not start at a byte`);
}

function checkInside(struct: BtfStruct, { name }: BtfMember, end: number): void {
  if (end <= struct.size) return;
  throw new BtfError(
    `BTF: member ${quoted(name)} of ${quoted(struct.name)} ends at ${end}, beyond its ${struct.size} bytes`,
  );
}
