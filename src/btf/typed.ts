/** The types of an object's structs, for the compiler. Nothing here runs. */
import type { Btf } from './btf.js';

declare const KNOWN: unique symbol;

/** Structs of an object by name, where a generated module knows them. */
export interface KnownStructs {
  /** As `readValue` returns them. */
  readonly structs?: object;
  /** As an `EventReader` returns them. */
  readonly events?: object;
}

/** Structs that the compiler knows nothing about: any name. */
export interface AnyStructs extends KnownStructs {
  readonly structs: Record<string, unknown>;
  readonly events: Record<string, unknown>;
}

/** The BTF of an object with these structs. */
export type TypedBtf<Known extends KnownStructs> = Btf & { readonly [KNOWN]?: Known };

/** The structs of one kind; any, if there are none of that kind. */
export type StructsOf<Known extends KnownStructs, Kind extends keyof KnownStructs> = Known extends {
  readonly [Each in Kind]: infer Structs extends object;
}
  ? Structs
  : Record<string, unknown>;
