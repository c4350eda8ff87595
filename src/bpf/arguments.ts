/**
 * Checks of arguments, which programs in JavaScript give unchecked. They come after the check that the object is open, and
 * before anything is opened. `what` names the argument in the message of the UsageError.
 */
import { unknownOption } from '../check-options.js';
import { UsageError } from '../errors.js';
import { checkInstance, mistake } from '../mistake.js';

export { checkInstance };

const MAX_U32 = 0xffff_ffff;

export function checkInteger(what: string, value: unknown, least = 0, most = MAX_U32): void {
  const isFitting = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  if (!isFitting) throw mistake(what, value, `an integer from ${least} to ${most}`);
}

/** A number that need not be an integer. */
export function checkNumber(what: string, value: unknown, least: number, most: number): void {
  const isFitting = typeof value === 'number' && value >= least && value <= most;
  if (!isFitting) throw mistake(what, value, `a number from ${least} to ${most}`);
}

export function checkBoolean(what: string, value: unknown): void {
  if (typeof value !== 'boolean') throw mistake(what, value, 'true or false');
}

/** A string for C, which would end at a NUL. */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string' || value.includes('\0')) throw mistake(what, value, 'a string without NUL');
}

/** A path, which is never the working folder's. */
export function checkPath(what: string, value: unknown): void {
  checkText(what, value);
  if (value === '') throw new UsageError(`${what}: the path is empty`);
}

/** One of these words. */
export function checkChoice(what: string, value: unknown, choices: readonly string[]): void {
  if (typeof value !== 'string' || !choices.includes(value)) throw mistake(what, value, choices.join(', '));
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw mistake(what, value, 'a function');
}

/** An object of options with these names, each of which may be missing. */
export function checkOptions<Options extends object>(value: Options, names: readonly (keyof Options & string)[]): void {
  if (typeof value !== 'object' || value === null) throw mistake('options', value, 'an object');
  const unknown = unknownOption(value, names);
  if (unknown !== undefined) throw new UsageError(`options: ${unknown}`);
}
