/**
 * Shapes: C types for readers and writers of memory, without typedefs and qualifiers, with offsets in bytes and
 * anonymous members flattened. They are plain data without references to the BTF.
 */

/** A type of data in memory. All sizes are in bytes. */
export type Shape = IntShape | FloatShape | EnumShape | PointerShape | ArrayShape | StructShape;

/** An integer. */
export interface IntShape {
  readonly kind: 'int';
  /** 1, 2, 4, 8 or 16. */
  readonly size: number;
  readonly signed: boolean;
  readonly bool: boolean;
  /** True only for C's `char`: `signed char`, `unsigned char` and `__u8` are numbers. */
  readonly char: boolean;
}

/** A floating-point number. */
export interface FloatShape {
  readonly kind: 'float';
  readonly size: number;
}

/** An enum. Like integers, values are numbers up to 4 bytes and bigints beyond. */
export interface EnumShape {
  readonly kind: 'enum';
  /** 1, 2, 4 or 8. */
  readonly size: number;
  readonly signed: boolean;
  /** Name of each value; the first of several. */
  readonly values: ReadonlyMap<number | bigint, string>;
  /** Value of each name. */
  readonly names: ReadonlyMap<string, number | bigint>;
  /** Name of the enum; '' if it has none. */
  readonly name: string;
}

/** A pointer to any type. */
export interface PointerShape {
  readonly kind: 'pointer';
  readonly size: number;
}

/** An array, or one dimension of it. */
export interface ArrayShape {
  readonly kind: 'array';
  /** Number of elements. */
  readonly length: number;
  readonly element: Shape;
  /** Typedef names on the way to the element, outermost first. */
  readonly elementTypedefs: readonly string[];
  /** Set for the flexible tail of a struct (`T name[]`), whose length is only in the data. `length` is 0 then. */
  readonly flexible?: true;
}

/** A struct or union. */
export interface StructShape {
  readonly kind: 'struct' | 'union';
  readonly layout: StructLayout;
}

/** Layout of a struct or union. */
export interface StructLayout {
  readonly kind: 'struct' | 'union';
  /** Name of the struct; '' if it has none. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** All named members, including those of anonymous structs and unions. Members of unions overlap. */
  readonly members: readonly Member[];
}

/** A member of a struct or union. */
export interface Member {
  readonly name: string;
  /** Offset in bytes from the start of the struct; for a bit-field, that of the byte with its first bit. */
  readonly offset: number;
  readonly type: Shape;
  /** Typedef names on the way to the type, outermost first. */
  readonly typedefs: readonly string[];
  /** Set for bit-fields. */
  readonly bits?: Bits;
}

/** Place of a bit-field in the integer, in the data's byte order, that starts at its member's offset. */
export interface Bits {
  /**
   * Number of bits before it, below 8: from the lowest one in little-endian data, from the highest in big-endian data.
   */
  readonly offset: number;
  /** Number of bits: 1 to 128. */
  readonly size: number;
}

/** Returns the size in bytes of a value of this shape. A flexible tail has none. */
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

/** Whether it is read as a string: an array of C's `char`. */
export function isText(shape: Shape): boolean {
  return shape.kind === 'array' && shape.element.kind === 'int' && shape.element.char;
}

/** Number of bytes that contain a bit-field, from its member's offset on. */
export function bytesOfBits(bits: Bits): number {
  return Math.ceil((bits.offset + bits.size) / 8);
}
