/**
 * Kinds of BTF types as TypeScript data. Type IDs are plain numbers; 0 is void. Source: Documentation/bpf/btf.rst;
 * include/uapi/linux/btf.h.
 */

/** Kinds of types, at the index that they have in BTF. */
export const BTF_KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

/** The name of a kind of type. */
export type BtfKind = (typeof BTF_KINDS)[number];

/** Linkage of a function or a variable. */
export type BtfLinkage = 'static' | 'global' | 'extern';

/** A BTF type. `name` is '' for anonymous types and for kinds without names. */
export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfArray
  | BtfStruct
  | BtfEnum
  | BtfEnum64
  | BtfFwd
  | BtfReference
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag;

interface Named {
  readonly name: string;
}

/** Type ID 0. */
export interface BtfVoid extends Named {
  readonly kind: 'void';
}

/** An integer. */
export interface BtfInt extends Named {
  readonly kind: 'int';
  /** Size in bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  /** Number of bits in use; less than `size` times 8 only in bit-fields of old compilers. */
  readonly bits: number;
  /** Offset in bits of the value inside the integer; other than 0 only in bit-fields of old compilers. */
  readonly offset: number;
  readonly signed: boolean;
  readonly bool: boolean;
  /** The CHAR encoding bit. Clang never sets it: `char` is recognized by its name. */
  readonly char: boolean;
}

/** An array, or one dimension of it. */
export interface BtfArray extends Named {
  readonly kind: 'array';
  /** Type ID of an element. */
  readonly element: number;
  /** Type ID of an index. */
  readonly index: number;
  /** Number of elements; 0 for `T name[]`. */
  readonly length: number;
}

/** A member of a struct or union. Anonymous ones have the name ''. */
export interface BtfMember {
  readonly name: string;
  /** Type ID. */
  readonly type: number;
  /** Offset in bits from the start of the struct. */
  readonly bitOffset: number;
  /** Size in bits of a bit-field; 0 for other members. */
  readonly bitSize: number;
}

/** A struct or union. */
export interface BtfStruct extends Named {
  readonly kind: 'struct' | 'union';
  /** Size in bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}

/** An enum of up to 32 bits. */
export interface BtfEnum extends Named {
  readonly kind: 'enum';
  /** Size in bytes. */
  readonly size: number;
  /** Encoders before clang 15 and Linux 6.0 never set it, even with negative values. */
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

/** An enum of 64 bits. */
export interface BtfEnum64 extends Named {
  readonly kind: 'enum64';
  /** Size in bytes. */
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** A struct or union that is declared but not defined. */
export interface BtfFwd extends Named {
  readonly kind: 'fwd';
  readonly of: 'struct' | 'union';
}

/** A reference to another type. Only typedefs have a name. */
export interface BtfReference extends Named {
  readonly kind: 'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict';
  /** Type ID. */
  readonly type: number;
}

/** A function. */
export interface BtfFunc extends Named {
  readonly kind: 'func';
  /** Type ID of its prototype. */
  readonly type: number;
  readonly linkage: BtfLinkage;
}

/** A function's prototype. */
export interface BtfFuncProto extends Named {
  readonly kind: 'func_proto';
  /** Type ID of the result. */
  readonly returns: number;
  /** Parameters; a last one with no name and type 0 represents `...`. */
  readonly params: readonly { readonly name: string; readonly type: number }[];
}

/** A global variable. */
export interface BtfVar extends Named {
  readonly kind: 'var';
  /** Type ID. */
  readonly type: number;
  readonly linkage: BtfLinkage;
}

/** The variables of a section. */
export interface BtfDatasec extends Named {
  readonly kind: 'datasec';
  /** Size in bytes; 0 in clang's objects until libbpf sets it. */
  readonly size: number;
  /** Variables: type ID of the `var`, offset and size in bytes. The offset of a global is 0 until libbpf sets it. */
  readonly variables: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
}

/** A floating-point number. */
export interface BtfFloat extends Named {
  readonly kind: 'float';
  /** Size in bytes. */
  readonly size: number;
}

/** `__attribute__((btf_decl_tag("name")))` on a struct, a member, a function, a parameter or a variable. */
export interface BtfDeclTag extends Named {
  readonly kind: 'decl_tag';
  /** Type ID of the tagged type. */
  readonly type: number;
  /** Index of the member or parameter; -1 for the whole. */
  readonly componentIndex: number;
  /** Whether the name is an attribute of its own instead of the text of a btf_decl_tag (Linux 6.15). */
  readonly attribute: boolean;
}

/** `__attribute__((btf_type_tag("name")))`. */
export interface BtfTypeTag extends Named {
  readonly kind: 'type_tag';
  /** Type ID. */
  readonly type: number;
  /** Whether the name is an attribute of its own instead of the text of a btf_type_tag (Linux 6.15). */
  readonly attribute: boolean;
}
