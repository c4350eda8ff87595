import { isObject } from '../check-options.js';
import { suggestion } from '../closest.js';
import { UsageError } from '../errors.js';
import type { FEATURES } from './features/list.js';
import { type FeatureName, featureFlags } from './features/of-tool.js';
import { defaultsOf, type Flag, type FlagTable, type GivenFlags } from './flags/flag.js';
import { flagOf } from './flags/kinds.js';
import { RUN_FLAGS } from './flags/run-flags.js';
import type { Label } from './label.js';
import type { FeatureFlags } from './options.js';
import type { ToolDefinition } from './tool.js';

/** A value as on the command line, where everything is text. */
export type Text = string | number;
/** One value or several. */
export type Texts = Text | readonly Text[];

/** Options of a tool by the names of its flags, in camel case. */
export type ToolOptions = Readonly<Record<string, boolean | Texts | undefined>>;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

interface Values {
  switch: boolean;
  text: Text;
  list: Texts;
}

/** Options with the forms of these flags. */
type Options<T extends FlagTable> = {
  readonly [Name in keyof T as CamelCase<Name & string>]?: Values[T[Name]['form']];
};

type InEveryTool = {
  [Name in FeatureName]: (typeof FEATURES)[Name] extends { readonly isInEveryTool: true } ? Name : never;
}[FeatureName];

/**
 * Options of a tool with these features beside those of every tool. `fields` is left out: it is a list of the tool's
 * columns, or a text that separates them by commas.
 */
export type OptionsWith<Name extends FeatureName = never> = Omit<Options<typeof RUN_FLAGS>, 'fields'> &
  Options<FeatureFlags<Name | InEveryTool>>;

/** The flags of a tool that are options of trace(). */
const flagsOf = (tool: ToolDefinition): FlagTable => ({
  ...RUN_FLAGS,
  ...featureFlags(tool).flags,
  ...Object.fromEntries(Object.entries(tool.flags ?? {}).map(([name, flag]): [string, Flag] => [name, flagOf(flag)])),
});

/** The option for a flag: its name in camel case. */
export const optionLabel: Label = (flag) => flag.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** A value as a text of the command line, which cannot contain NUL. */
function textOf(option: string, value: unknown, expected: string): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw new UsageError(`${option}: expected ${expected}`);
  const text = String(value);
  if (text.includes('\0')) throw new UsageError(`${option}: the value contains a NUL byte`);
  return text;
}

/** One value or several. An empty list would mean that nothing is filtered, which nobody wants who computes a list. */
function textsOf(option: string, value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw new UsageError(`${option}: the list is empty, expected at least one value`);
  return Array.from(values, (each) => textOf(option, each, 'a text or a number, or a list of these'));
}

function givenOf(option: string, name: string, flag: Flag, value: unknown): GivenFlags[string] {
  switch (flag.form) {
    case 'switch':
      if (typeof value !== 'boolean') throw new UsageError(`${option}: expected true or false`);
      return value || undefined;
    case 'text':
      return name === 'fields' ? textsOf(option, value).join() : textOf(option, value, 'a text or a number');
    case 'list':
      return textsOf(option, value);
  }
}

/**
 * Converts options to flags of the command line, as texts, with the defaults of those left out. Throws UsageError for an
 * unknown option or a wrong type.
 */
export function toolFlags(tool: ToolDefinition, options: ToolOptions): GivenFlags {
  if (!isObject(options)) throw new UsageError('options: expected an object with the options of the tool');
  const table = flagsOf(tool);
  const names = new Map(Object.keys(table).map((name) => [optionLabel(name), name]));
  const given: Record<string, GivenFlags[string]> = { ...defaultsOf(table) };
  for (const [option, value] of Object.entries(options)) {
    const name = names.get(option);
    if (name === undefined) {
      const meant = suggestion(optionLabel(option), [...names.keys()]);
      throw new UsageError(`${tool.name} has no option ${option}${meant}`);
    }
    if (value !== undefined) given[name] = givenOf(option, name, table[name] as Flag, value);
  }
  return given;
}
