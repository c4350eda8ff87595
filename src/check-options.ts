/** Checks of options, which programs in JavaScript give unchecked. */
import { suggestion } from './closest.js';
import { UsageError } from './errors.js';

/** The mistake in a value that is not undefined, without the value, which may be secret; undefined if it is valid. */
export type Check = (value: unknown) => string | undefined;

export const expect =
  (isValid: (value: unknown) => boolean, expected: string): Check =>
  (value) =>
    isValid(value) ? undefined : `expected ${expected}`;

export const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
export const isInteger = (value: unknown, least: number, most: number) =>
  Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
/** Objects of other kinds, such as a Map, have no options that could be seen. */
export const isObject = (value: unknown): value is object =>
  Object.prototype.toString.call(value) === '[object Object]';

export const flag = expect((value) => typeof value === 'boolean', 'true or false');
export const text = expect((value) => isText(value) && value.trim() !== '', 'a text that is not empty');
export const integer = (least: number, most: number) =>
  expect((value) => isInteger(value, least, most), `an integer from ${least} to ${most}`);

/** The first option that is none of these names, in words; undefined if there is none. */
export function unknownOption(options: object, names: readonly string[]): string | undefined {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  return unknown === undefined ? undefined : `no option ${unknown}${suggestion(unknown, names)}`;
}

/** Throws UsageError for an unknown or invalid option of `owner`. */
export function checkEach<Options extends object>(
  owner: string,
  options: Options,
  checks: { readonly [Option in keyof Required<Options>]: Check },
  label = (option: string) => option,
): void {
  if (!isObject(options)) throw new UsageError(`${owner}: expected an object with options`);
  const unknown = unknownOption(options, Object.keys(checks));
  if (unknown !== undefined) throw new UsageError(`${owner} has ${unknown}`);
  for (const [option, value] of Object.entries(options)) {
    const mistake = value === undefined ? undefined : checks[option as keyof Options](value);
    if (mistake !== undefined) throw new UsageError(`${label(option)}: ${mistake}`);
  }
}
