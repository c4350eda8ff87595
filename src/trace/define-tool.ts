import { DNS_CAVEATS, type SHARED_FIELDS, type TALLY_FIELDS } from './shared-fields.js';
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

/** Columns with a description of their own. */
type OwnColumn<Name, Struct> = Struct extends keyof Structs<Name>
  ? Exclude<
      keyof Structs<Name>[Struct] & string,
      Structs<Name>[Struct] extends TallyColumns ? keyof typeof TALLY_FIELDS : keyof typeof SHARED_FIELDS
    >
  : never;

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
>(
  definition: ToolDefinition<NamesOf<Name, Event, Row, Flag>> & {
    readonly name: Name extends Known ? Name : { readonly 'no types of this tool: run make types': never };
    readonly fields: Only<Fields, ColumnOf<Name, Event>> & Record<OwnColumn<Name, Event>, string>;
    readonly tally?: { readonly fields?: Only<RowFields, ColumnOf<Name, Row>> & Record<OwnColumn<Name, Row>, string> };
    readonly otlp?: { readonly attributes?: Only<Attributes, ColumnOf<Name, Event>> };
  },
): ToolDefinition;
export function defineTool(definition: ToolDefinition): ToolDefinition {
  const { sockets, caveats } = definition;
  return sockets ? { ...definition, caveats: [...caveats, ...DNS_CAVEATS] } : definition;
}
