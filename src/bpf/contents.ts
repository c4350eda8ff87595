/** Contents of an object, for the compiler. Nothing here runs. */
import type { KnownStructs } from '../btf/index.js';
import type { BpfConstant, BpfGlobal } from './global.js';
import type { BpfMap } from './map.js';
import type { Named } from './named.js';

/**
 * The contents of an object, by name: `snoopkit gen types` writes this type for a given object, and
 * `BpfObject.open<Contents>()` takes it. Without it, names are strings, and values are of any type that C has.
 */
export interface ObjectContents extends KnownStructs {
  /** Sections of the programs. */
  readonly programs: object;
  /** Keys and values of the maps: `{ key, value }`, bytes where the map has no types. */
  readonly maps: object;
  /** Types of the variables. */
  readonly globals: object;
  /** Types of the constants. */
  readonly constants: object;
}

/** Contents of an object that the compiler knows nothing about: any name. */
export interface AnyContents extends ObjectContents {
  readonly programs: Record<string, unknown>;
  readonly maps: Record<string, unknown>;
  readonly globals: Record<string, unknown>;
  readonly constants: Record<string, unknown>;
  readonly structs: Record<string, unknown>;
  readonly events: Record<string, unknown>;
}

/**
 * A value of this type, as it is given: members that are left out are zero, and of members that share their bytes, as those
 * of a union do, only one may be there.
 */
export type GivenValue<Value> = Value extends readonly (infer Element)[]
  ? readonly GivenValue<Element>[] | (Element extends number ? Uint8Array : never)
  : Value extends Uint8Array
    ? Value
    : Value extends object
      ? { readonly [Name in keyof Value]?: GivenValue<Value[Name]> | undefined }
      : Value;

/** A map with keys and values of these types. Descriptors may be given as what has them. */
export type TypedMap<Key, Value> = BpfMap<
  Key,
  Value,
  Key | Uint8Array,
  GivenValue<Value> | Uint8Array | (Value extends number | bigint ? { readonly fd: number } : never)
>;

type MapOf<Entry> = Entry extends { readonly key: infer Key; readonly value: infer Value }
  ? TypedMap<Key, Value>
  : BpfMap;

type GlobalOf<Type> = unknown extends Type ? BpfGlobal : BpfGlobal<Type, GivenValue<Type> | Uint8Array>;
type ConstantOf<Type> = unknown extends Type ? BpfConstant : BpfConstant<Type>;

export type NamedMaps<Maps extends object> = Named<BpfMap, { [Name in keyof Maps]: MapOf<Maps[Name]> }>;
export type NamedGlobals<Types extends object> = Named<BpfGlobal, { [Name in keyof Types]: GlobalOf<Types[Name]> }>;
export type NamedConstants<Types extends object> = Named<
  BpfConstant,
  { [Name in keyof Types]: ConstantOf<Types[Name]> }
>;
/** Programs, and what is not loaded yet: the names alone are known. */
export type NamedAs<Member extends { readonly name: string }, Names extends object> = Named<
  Member,
  { [Name in keyof Names]: Member }
>;
