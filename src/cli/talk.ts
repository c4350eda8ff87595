import { writeSync } from 'node:fs';

/** Says a line to the person at the terminal: standard error, never the data's stream. */
export function say(text: string): void {
  try {
    writeSync(2, `snoopkit: ${text}\n`);
  } catch {
    // Nobody listens, and that is no reason to stop.
  }
}

/** Errors of ours and of the libraries below that are told in one line; anything else is a bug and shows its stack. */
function isExpected(error: unknown): error is Error & { code: string } {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error instanceof Error && typeof code === 'string';
}

/** Tells of an error, and returns the exit status that goes with it. */
export function reportError(error: unknown, verbose = false): number {
  if (!isExpected(error)) {
    say(`this is a bug in snoopkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
  say(error.message.replaceAll('\n', ' '));
  const { log } = error as { log?: unknown };
  if (verbose && typeof log === 'string') say(`the verifier's log:\n${log}`);
  return error.code === 'ERR_SNOOPKIT_USAGE' ? 2 : 1;
}
