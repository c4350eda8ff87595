/**
 * Flags as data. One entry says everything of a flag: oclif's flags, help, manual, completion, and the options of trace()
 * with their types are made from it.
 */
import { UsageError } from '../../errors.js';
import type { Label } from '../label.js';

/** A heading of help, which src/cli/help/manual.ts introduces. */
export type FlagGroup = 'FILTER' | 'OUTPUT' | 'RUN' | 'OTLP';

interface FlagBase {
  readonly summary: string;
  readonly char?: string;
  /** Left out for a flag that is listed among a tool's own. */
  readonly group?: FlagGroup;
  /** Environment variables that apply without it; its owner reads them. */
  readonly variables?: readonly string[];
}

/** A flag without a value. */
export interface SwitchFlag extends FlagBase {
  readonly form: 'switch';
  /** On unless `--no-NAME` is given. */
  readonly isOn?: true;
  /** Flags that it contradicts. */
  readonly exclusive?: readonly string[];
}

interface ValueFlag extends FlagBase {
  /** The name of its value in help. */
  readonly value?: string;
}

/** A flag with one value. */
export interface TextFlag<Value = unknown> extends ValueFlag {
  readonly form: 'text';
  /** In command line syntax. */
  readonly default?: string;
  /** The possible values, if they are words. */
  readonly words?: readonly string[];
  /** Converts the value. Throws a one-line UsageError that names the flag. */
  readonly parse: (flag: string, text: string) => Value;
}

/** A flag that may be repeated. */
export interface ListFlag<Value = unknown> extends ValueFlag {
  readonly form: 'list';
  /** Converts the values. Throws a one-line UsageError that names the flag. */
  readonly parse: (flag: string, texts: readonly string[]) => Value;
}

export type Flag = SwitchFlag | TextFlag | ListFlag;

/** Flags by name. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** Values as they are given, on the command line or to trace(): checked by nobody yet. */
export type GivenFlags = Readonly<Record<string, boolean | string | readonly string[] | undefined>>;

/** The converted values of a table's flags. One that is not given has none. */
export type ValuesOf<T extends FlagTable> = {
  readonly [Name in keyof T]?: T[Name] extends { readonly parse: (flag: string, given: never) => infer Value }
    ? Value
    : boolean;
};

export const toggle = (flag: Omit<SwitchFlag, 'form'>): SwitchFlag => ({ form: 'switch', ...flag });
export const text = <Value>(flag: Omit<TextFlag<Value>, 'form'>): TextFlag<Value> => ({ form: 'text', ...flag });
export const list = <Value>(flag: Omit<ListFlag<Value>, 'form'>): ListFlag<Value> => ({ form: 'list', ...flag });

/** A flag whose value is one of some words. */
export const choice = <const Word extends string>(
  words: readonly Word[],
  flag: Omit<TextFlag<Word>, 'form' | 'words' | 'parse'>,
): TextFlag<Word> =>
  text({
    ...flag,
    words,
    parse(name, given) {
      const found = words.find((word) => word === given);
      if (found === undefined) throw new UsageError(`${name} ${given}: expected one of ${words.join(', ')}`);
      return found;
    },
  });

/** A text as it is. */
export const asGiven = (_flag: string, given: string): string => given;

function converted(name: string, flag: Flag, given: boolean | string | readonly string[]): unknown {
  switch (flag.form) {
    case 'switch':
      return given === true;
    case 'text':
      return flag.parse(name, String(given));
    case 'list':
      return flag.parse(name, [given].flat().map(String));
  }
}

/** Throws UsageError for switches that contradict each other. */
function refuseContradictions(table: FlagTable, given: GivenFlags, label: Label): void {
  for (const [name, flag] of Object.entries(table)) {
    if (flag.form !== 'switch' || !given[name]) continue;
    const other = flag.exclusive?.find((candidate) => given[candidate]);
    if (other !== undefined) throw new UsageError(`${label(name)} cannot be combined with ${label(other)}`);
  }
}

/** The values of flags that apply if none is given. */
export const defaultsOf = (table: FlagTable): GivenFlags =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, flag]) =>
      flag.form === 'text' && flag.default !== undefined ? [[name, flag.default]] : [],
    ),
  );

/**
 * Converts the values of a table's flags. Throws a one-line UsageError for the first invalid one, or for two that
 * contradict each other.
 */
export function parseFlags<T extends FlagTable>(table: T, given: GivenFlags, label: Label): ValuesOf<T> {
  refuseContradictions(table, given, label);
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(table)) {
    const value = given[name];
    if (value !== undefined) values[name] = converted(label(name), flag, value);
  }
  // Each value is what the `parse` of its entry returns.
  return values as ValuesOf<T>;
}
