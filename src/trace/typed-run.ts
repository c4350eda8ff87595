/** The types of trace() for a tool that is named literally. */
import type { EventObject } from '../events/reader.js';
import type { ToolOptions } from './named-options.js';
import type { ToolRuns } from './tool-options.js';
import type { ToolTypes } from './tool-types.js';

/** Names of tools with typed events and options. */
export type ToolName = keyof ToolRuns & keyof ToolTypes;

type Structs<Name extends ToolName> = ToolTypes[Name]['structs'];
type StructNamed<Name extends ToolName, Struct> = Struct extends keyof Structs<Name> ? Structs<Name>[Struct] : never;

/** The value of an option that is set. */
type Given = true | string | number | readonly (string | number)[];

/** Columns in a list of them. */
type Listed<Options> = Options extends { readonly fields: readonly (infer Column)[] } ? Column : never;

/** Columns whose flag may not be set. */
type Uncertain<Gates, Options> = {
  [Flag in keyof Gates]: Options extends { readonly [Each in Flag]: Given }
    ? never
    : Exclude<Gates[Flag], Listed<Options>>;
}[keyof Gates];

type OptionalColumns<Event, Column> = Omit<Event, Column & keyof Event> & Partial<Pick<Event, Column & keyof Event>>;

type EventOfTool<Name extends ToolName, Options> = ToolRuns[Name] extends { gates: infer Gates }
  ? OptionalColumns<StructNamed<Name, ToolRuns[Name]['event']>, Uncertain<Gates, Options>>
  : StructNamed<Name, ToolRuns[Name]['event']>;

/** The event, or the row of aggregates, that these options ask for; both where a switch is not known when compiled. */
type Shown<Name extends ToolName, Options> = ToolRuns[Name] extends { rows: infer Rows }
  ? {
      [Flag in keyof Rows]: Options extends { readonly [Each in Flag]: infer Value }
        ?
            | (true extends Value ? StructNamed<Name, Rows[Flag]> : never)
            | (Value extends true ? never : EventOfTool<Name, Options>)
        : EventOfTool<Name, Options>;
    }[keyof Rows]
  : EventOfTool<Name, Options>;

/** Every column that a tool may show. */
type AnyColumn<Name extends ToolName> = Structs<Name>[keyof Structs<Name>] extends infer Each
  ? Each extends unknown
    ? keyof Each & string
    : never
  : never;

/** The columns that were asked for: a list of them names them when compiled, a text does not. */
type Chosen<Event, Options> = Options extends { readonly fields: infer Fields }
  ? Fields extends readonly (infer Column)[]
    ? Pick<Event, Column & keyof Event>
    : Partial<Event>
  : Event;

/** Options of a tool by its name. */
export type OptionsOf<Name> = Name extends ToolName
  ? ToolRuns[Name]['options'] & { readonly fields?: string | readonly AnyColumn<Name>[] }
  : ToolOptions;

/** Events of a tool by its name, with these options. */
export type EventOf<Name, Options = unknown> = Name extends ToolName
  ? Chosen<Shown<Name, Options>, Options>
  : EventObject;
