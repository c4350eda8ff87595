import { quoted } from '../btf/error.js';
import {
  type AnyStructs,
  type Btf,
  BtfError,
  type KnownStructs,
  layoutOf,
  type Member,
  type StructLayout,
  type StructsOf,
  sizeOfShape,
  type TypedBtf,
} from '../btf/index.js';
import type { Column } from './column.js';
import type { EventContext } from './context.js';
import { type Field, type Kind, type Kinds, layoutOfField, type SchemaOptions } from './kind.js';
import { KINDS } from './kinds/index.js';
import { kindOfShape } from './shapes.js';

export type { SchemaOptions } from './kind.js';

declare const EVENT: unique symbol;

/** The columns of an event, and how long a record must be at least. `Event` is the type of its objects, where it is known. */
export interface EventSchema<Event = unknown> {
  readonly [EVENT]?: Event;
  readonly struct: string;
  /** In bytes. */
  readonly size: number;
  readonly columns: readonly Column[];
}

const own = (kinds: Kinds | undefined, typedef: string) =>
  kinds && Object.hasOwn(kinds, typedef) ? kinds[typedef] : undefined;

/** The kind of the first typedef that has one, else that of the C type. Kinds of typedefs read no bit-fields. */
function kindOf(member: Member, { kinds }: SchemaOptions): Kind | undefined {
  for (const typedef of member.bits ? [] : member.typedefs) {
    const kind = own(kinds, typedef) ?? own(KINDS, typedef);
    if (kind) return kind;
  }
  return kindOfShape(member);
}

function isInPlace({ isInPlace = false }: Kind, context: EventContext): boolean {
  return typeof isInPlace === 'function' ? isInPlace(context) : isInPlace;
}

function columnsOf(
  layout: StructLayout,
  near: Field['near'],
  base: number,
  prefix: string,
  context: EventContext,
  options: SchemaOptions,
): Column[] {
  return layout.members.flatMap((member): Column[] => {
    // Padding and what a program keeps for itself.
    if (member.name.startsWith('_')) return [];
    const name = prefix + member.name;
    const kind = kindOf(member, options);
    const { type: shape, bits } = member;
    const field: Field = { name, offset: base + member.offset, shape, ...(bits && { bits }), ...(near && { near }) };
    if (!kind) return columnsOf(layoutOfField(field), near, field.offset, `${name}_`, context, options);
    const columns = kind.columns(field, context, options);
    if (!isInPlace(kind, context)) return columns;
    const dependsOn = { offset: field.offset, size: sizeOfShape(field.shape) };
    return columns.map((column) => ({ ...column, dependsOn }));
  });
}

/**
 * The columns of an event struct, from its BTF: the order is that of the struct, members of nested structs are named
 * `outer_inner`, names that start with an underscore are private, a flexible array takes the rest of the record. The names
 * of structs and the type of the event are known to the compiler if the BTF is that of a generated module's object
 * (`snoopkit gen types`), except with kinds of the caller's. Throws NotFoundError when there is no such struct, and
 * BtfError when two columns would have one name.
 */
export function eventSchema<
  Known extends KnownStructs = AnyStructs,
  Name extends keyof StructsOf<Known, 'events'> & string = keyof StructsOf<Known, 'events'> & string,
  Options extends SchemaOptions = Record<never, never>,
>(
  btf: TypedBtf<Known>,
  struct: Name,
  context: EventContext,
  options?: Options,
): EventSchema<Options extends { readonly kinds: Kinds } ? unknown : StructsOf<Known, 'events'>[Name]> {
  return schemaOf(btf, struct, context, options ?? {});
}

function schemaOf(btf: Btf, struct: string, context: EventContext, options: SchemaOptions): EventSchema<never> {
  const layout = layoutOf(btf, struct);
  const near = (name: string) => layout.members.find((member) => member.name === name)?.offset;
  const columns = columnsOf(layout, near, 0, '', context, options);
  const names = new Set<string>();
  for (const { name } of columns) {
    // The later one would replace the other in objects.
    if (names.has(name))
      throw new BtfError(`two columns of ${quoted(struct)} are named ${quoted(name)}: rename a member`);
    names.add(name);
  }
  return { struct, size: layout.size, columns };
}
