/**
 * Shapes: C types as readers and writers of memory see them, with typedefs and qualifiers off, offsets in bytes and
 * anonymous members in their place. They are plain data and don't refer back to the BTF that they were made from.
 */

/** What lies in memory at some offset. All sizes are in bytes. */
export type Shape = IntShape | FloatShape | EnumShape | PointerShape | ArrayShape | StructShape;

/** An integer. */
export interface IntShape {
  readonly kind: 'int';
  /** 1, 2, 4, 8 or 16. */
  readonly size: number;
  readonly signed: boolean;
  readonly bool: boolean;
  /** True for C's `char` alone: `signed char`, `unsigned char` and `__u8` are numbers. */
  readonly char: boolean;
}

/** A floating-point number. */
export interface FloatShape {
  readonly kind: 'float';
  readonly size: number;
}

/** An enum. Values are numbers up to 4 bytes and bigints beyond, like those of integers. */
export interface EnumShape {
  readonly kind: 'enum';
  /** 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  /** Name of each value; the first one where several names share a value. */
  readonly values: ReadonlyMap<number | bigint, string>;
  /** Value of each name. */
  readonly names: ReadonlyMap<string, number | bigint>;
  /** Name of the enum; '' when it has none. */
  readonly name: string;
}

/** A pointer, to whatever. */
export interface PointerShape {
  readonly kind: 'pointer';
  readonly size: number;
}

/** An array; one dimension of it. */
export interface ArrayShape {
  readonly kind: 'array';
  /** Number of elements. */
  readonly length: number;
  readonly element: Shape;
  /** Typedef names passed on the way to the element, outermost first. */
  readonly elementTypedefs: readonly string[];
  /** Set when this is the tail of a struct (`T name[]`), whose length the data must tell. `length` is 0 then. */
  readonly flexible?: true;
}

/** A struct or union. */
export interface StructShape {
  readonly kind: 'struct' | 'union';
  readonly layout: StructLayout;
}

/** Where the members of a struct or union are. */
export interface StructLayout {
  readonly kind: 'struct' | 'union';
  /** Name of the struct; '' when it has none. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** All that have a name, those of anonymous structs and unions among them. In unions they overlap. */
  readonly members: readonly Member[];
}

/** A member of a struct or union. */
export interface Member {
  readonly name: string;
  /** Offset in bytes from the start of the struct; of a bit-field, that of the byte with its first bit. */
  readonly offset: number;
  readonly type: Shape;
  /** Typedef names passed on the way to the type, outermost first. */
  readonly typedefs: readonly string[];
  /** Set for bit-fields. */
  readonly bits?: Bits;
}

/** The place of a bit-field inside the integer, in the data's byte order, that starts at its member's offset. */
export interface Bits {
  /** Bits before it: from the lowest one in little-endian data, from the highest in big-endian data. Below 8. */
  readonly offset: number;
  /** Number of bits: 1 to 128. */
  readonly size: number;
}

/** Returns the size in bytes of a value of this shape. A flexible tail takes none. */
export function sizeOfShape(shape: Shape): number {
  switch (shape.kind) {
    case 'array':
      return shape.length === 0 ? 0 : shape.length * sizeOfShape(shape.element);
    case 'struct':
    case 'union':
      return shape.layout.size;
    default:
      return shape.size;
  }
}

/** True for what reads as a string: an array of C's `char`. */
export function isText(shape: Shape): boolean {
  return shape.kind === 'array' && shape.element.kind === 'int' && shape.element.char;
}

/** Number of bytes that a bit-field touches, from its member's offset on. */
export function bytesOfBits(bits: Bits): number {
  return Math.ceil((bits.offset + bits.size) / 8);
}
