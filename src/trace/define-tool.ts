import type { FEATURES } from './features/list.js';
import { type FeatureName, featuresOf } from './features/of-tool.js';
import type { TALLY_FIELDS } from './features/tally/fields.js';
import type { SHARED_FIELDS } from './shared-fields.js';
import type { ToolDefinition } from './tool.js';
import type { TallyColumns, ToolTypes } from './tool-types.js';

/** Tools whose objects tool-types.ts describes. */
type Known = keyof ToolTypes;

type Structs<Name> = Name extends Known ? ToolTypes[Name]['structs'] : Record<string, Record<string, unknown>>;
type StructOf<Name> = keyof Structs<Name> & string;
type ColumnOf<Name, Struct> = Struct extends keyof Structs<Name> ? keyof Structs<Name>[Struct] & string : never;

type ObjectNames<Name, Kind extends 'programs' | 'maps' | 'globals'> = Name extends Known
  ? ToolTypes[Name][Kind]
  : string;

interface NamesOf<Name extends string, Event extends string, Row extends string, Flag extends string> {
  readonly name: Name;
  readonly event: Event;
  readonly column: ColumnOf<Name, Event>;
  readonly row: Row;
  readonly rowColumn: ColumnOf<Name, Row>;
  readonly program: ObjectNames<Name, 'programs'>;
  readonly map: ObjectNames<Name, 'maps'>;
  readonly global: ObjectNames<Name, 'globals'>;
  readonly flag: Flag;
}

/** Features that a tool names, and those that these need. */
type WithNeeds<Named extends FeatureName> =
  | Named
  | (Named extends FeatureName
      ? (typeof FEATURES)[Named] extends { readonly needs: readonly (infer Needed)[] }
        ? // Two levels: deeper than features are nested.
          (Needed & FeatureName) | NeedsOf<Needed & FeatureName>
        : never
      : never);
type NeedsOf<Named extends FeatureName> = Named extends FeatureName
  ? (typeof FEATURES)[Named] extends { readonly needs: readonly (infer Needed)[] }
    ? Needed & FeatureName
    : never
  : never;

/** Columns that features describe. */
type FeatureColumn<Named extends FeatureName> =
  WithNeeds<Named> extends infer Each
    ? Each extends FeatureName
      ? (typeof FEATURES)[Each] extends { readonly fields: infer Fields }
        ? keyof Fields
        : never
      : never
    : never;

/** Columns with a description of their own: events have those of features, rows do not. */
type OwnColumn<Name, Struct, Features extends FeatureName = never> = Struct extends keyof Structs<Name>
  ? Exclude<
      keyof Structs<Name>[Struct] & string,
      Structs<Name>[Struct] extends TallyColumns
        ? keyof typeof TALLY_FIELDS
        : keyof typeof SHARED_FIELDS | FeatureColumn<Features>
    >
  : never;

/** Names in a feature that a tool lacks: columns, where they are of events, constants of flags, and programs. */
type Lacking<Name, Struct, Feature> =
  | (Struct extends keyof Structs<Name>
      ? Structs<Name>[Struct] extends TallyColumns
        ? never
        : Feature extends { readonly fields: infer Fields }
          ? Exclude<keyof Fields, ColumnOf<Name, Struct>>
          : never
      : never)
  | (Feature extends { readonly toolFlags: Readonly<Record<string, { readonly sets: infer Constant }>> }
      ? Exclude<Constant, ObjectNames<Name, 'globals'>>
      : never)
  | (Feature extends {
      readonly hooks: Readonly<
        Record<string, { readonly ways: readonly { readonly programs: readonly (infer Program)[] }[] }>
      >;
    }
      ? Exclude<Program, ObjectNames<Name, 'programs'>>
      : never);

/** Features that a tool can have. */
type Fitting<Name, Struct> = {
  [Each in FeatureName]: [Lacking<Name, Struct, (typeof FEATURES)[Each]>] extends [never] ? Each : never;
}[FeatureName];

/** Texts, or rules, for columns only: a constant that is spread may have others, which excess property checks overlook. */
type Only<Given, Column extends string> = Given & {
  readonly [Other in Exclude<keyof Given, Column>]: { readonly 'no such column': never };
};

/**
 * Completes the definition of a tool: `export default defineTool({...})` in tools/<name>.ts. The names in it are checked
 * against tool-types.ts when it is compiled.
 */
export function defineTool<
  const Name extends string,
  const Event extends StructOf<Name>,
  const Fields,
  const Row extends StructOf<Name> = never,
  const RowFields = unknown,
  const Flag extends string = never,
  const Attributes = unknown,
  const Features extends Fitting<Name, Event> = never,
>(
  definition: ToolDefinition<NamesOf<Name, Event, Row, Flag>> & {
    readonly name: Name extends Known ? Name : { readonly 'no types of this tool: run make types': never };
    readonly features?: readonly Features[];
    readonly fields: Only<Fields, ColumnOf<Name, Event>> & Record<OwnColumn<Name, Event, Features>, string>;
    readonly tally?: { readonly fields?: Only<RowFields, ColumnOf<Name, Row>> & Record<OwnColumn<Name, Row>, string> };
    readonly otlp?: { readonly attributes?: Only<Attributes, ColumnOf<Name, Event>> };
  },
): ToolDefinition;
export function defineTool(definition: ToolDefinition): ToolDefinition {
  const features = [...featuresOf(definition).values()];
  const merged = <T>(parts: readonly (Readonly<Record<string, T>> | undefined)[]): Record<string, T> =>
    Object.assign({}, ...parts);
  const { tally, flags, hooks, fields, caveats } = definition;
  // Rows describe their columns themselves.
  const isRow = tally !== undefined && tally.flag === undefined;
  return {
    ...definition,
    fields: { ...(!isRow && merged(features.map((feature) => feature.fields))), ...fields },
    flags: { ...flags, ...merged(features.map((feature) => feature.toolFlags)) },
    hooks: { ...hooks, ...merged(features.map((feature) => feature.hooks)) },
    caveats: [...caveats, ...features.flatMap((feature) => feature.caveats ?? [])],
  };
}
