/** The words for a wrong argument, whatever it is. */
import { inspect, types } from 'node:util';
import { UsageError } from './errors.js';

/** A value in one line. What it brings along, such as a getter or memory that is gone, does no harm here. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = inspect(value, { depth: -1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
  } catch {
    text = `(${typeof value})`;
  }
  return text.replace(/\s+/g, ' ').slice(0, 80);
}

/** A word of a command line, such as a path, that can be seen even if it is empty. */
export const visible = (word: string): string => (word.trim() === '' ? `'${word}'` : word);

/** The error for the value of a flag. */
export const wrongValue = (flag: string, text: string, why: string, options?: ErrorOptions): UsageError =>
  new UsageError(`${flag} ${visible(text)}: ${why}`, options);

/** The error for an argument. `what` names it. */
export function mistake(what: string, value: unknown, expected: string): UsageError {
  return new UsageError(`${what} ${shown(value)}: expected ${expected}`);
}

/** For what lies outside its bytes, with the code that Node gives to such errors. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' });
}

/** Throws UsageError if it is not an object of this class. */
export function checkInstance(
  what: string,
  value: unknown,
  type: { readonly name: string; [Symbol.hasInstance](value: unknown): boolean },
): void {
  if (value instanceof type) return;
  const isOfCopy = [`[${type.name}]`, `${type.name} {}`].includes(shown(value));
  throw mistake(what, value, `an instance of ${type.name}${isOfCopy ? ', but it is of another copy of snoopkit' : ''}`);
}

/** Whether it can be listened to: properties of its own may hide the methods. */
export const isSignal = (value: unknown): value is AbortSignal =>
  value instanceof AbortSignal &&
  [value.addEventListener, value.removeEventListener].every((method) => typeof method === 'function');

/** Whether a value is bytes, also those of another realm (vm, Jest), or a Proxy of some, which checkBytes() refuses. */
export const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array || types.isUint8Array(value);

/** Throws UsageError if it has no bytes, as a Proxy of some. */
export function checkBytes(what: string, value: unknown): void {
  if (!types.isUint8Array(value)) throw mistake(what, value, 'an instance of Uint8Array');
}

export function checkBuffer(what: string, value: unknown): void {
  if (!types.isUint8Array(value) || !Buffer.isBuffer(value)) throw mistake(what, value, 'an instance of Buffer');
}
