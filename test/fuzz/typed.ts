import { SnoopkitError } from '../../src/errors.js';
import { Planted } from './strange.js';

/** V8's errors for a revoked Proxy, one of a built-in object, memory that is gone, and a class as a callback. */
const OF_A_VALUE =
  /proxy that has been revoked|on a detached ArrayBuffer|requires that 'this' be|incompatible receiver|is not a typed array|cannot be invoked without 'new'/;

/**
 * Whether an error is one that a caller is meant to see: of ours, in one line; of Node's, such as that of a missing file,
 * with its code; or what the caller's own value has thrown: a revoked Proxy, say,
 * or memory that is gone.
 */
export function isTyped(error: unknown): boolean {
  if (error instanceof Planted) return true;
  if (error instanceof SnoopkitError) return !error.message.includes('\n');
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code !== 'ERR_INTERNAL_ASSERTION';
  return error instanceof TypeError && OF_A_VALUE.test(error.message);
}

/** Runs a call that may be refused. Returns whether it was not. */
export function isAccepted(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!isTyped(error)) throw error;
    return false;
  }
}
