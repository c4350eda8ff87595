import { existsSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { UsageError } from '../errors.js';
import { visibleText } from '../output/visible.js';

/** How long a line may wait for a reader of standard error that is slow. */
const PATIENCE_MS = 1000;
const STDERR = 2;
const clock = new Int32Array(new SharedArrayBuffer(4));

let held = '';

/** A line of ours: words of the command line, or of a log, are shown so that no terminal obeys them. */
const lineOf = (text: string) => `snoopkit: ${visibleText(text)}\n`;

/** The same of what has more lines: a stack of ours, or a log. */
function linesOf(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  return [lineOf(first), ...rest.map((line) => `${visibleText(line)}\n`)].join('');
}

/** Says something of a log with the next line, or when nothing else is going on: for many at a time. */
export function sayLater(text: string): void {
  if (held === '') setImmediate(flush);
  held += linesOf(text);
}

function flush(): void {
  const lines = held;
  held = '';
  write(lines);
}

/** Says a line to the person at the terminal: standard error, never the data's stream. */
export function say(text: string): void {
  held += lineOf(text);
  flush();
}

/** Says more than a line. */
function sayLines(text: string): void {
  held += linesOf(text);
  flush();
}

/** Where a person has pressed Ctrl-C: what follows, be it the prompt, begins a line of its own, not behind the ^C. */
export function leaveLine(): void {
  if (isatty(STDERR)) write('\n');
}

function write(text: string): void {
  const line = Buffer.from(text);
  for (let at = 0, waited = 0; at < line.length && waited < PATIENCE_MS; ) {
    try {
      at += writeSync(STDERR, line, at);
    } catch (error) {
      // Nobody listens, and that is no reason to stop.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      // Somebody else made the pipe non-blocking, and it is full.
      Atomics.wait(clock, 0, 0, 1);
      waited++;
    }
  }
}

/** Errors of ours and of the libraries below that are told in one line; anything else is a bug and shows its stack. */
function isExpected(error: unknown): error is Error & { code: string } {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error instanceof Error && typeof code === 'string';
}

/** What the kernel tells in files is needed everywhere, and is missing altogether where these are not mounted. */
function notMounted({ code, path }: Error & { code: string; path?: unknown }): string | undefined {
  if (code !== 'ENOENT' || typeof path !== 'string') return undefined;
  if (path.startsWith('/proc/') && !existsSync('/proc/self'))
    return '/proc is not mounted: mount it with: mount -t proc proc /proc';
  if (path.startsWith('/sys/') && !existsSync('/sys/kernel'))
    return '/sys is not mounted: mount it with: mount -t sysfs sysfs /sys';
  return undefined;
}

/** Tells of an error, and returns the exit status that goes with it. */
export function reportError(error: unknown, verbose = false): number {
  if (!isExpected(error)) {
    sayLines(`this is a bug in snoopkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
  // In words of the user a line break must show; others wrap what they say.
  say(notMounted(error) ?? (error instanceof UsageError ? error.message : error.message.replaceAll('\n', ' ')));
  const { log } = error as { log?: unknown };
  if (verbose && typeof log === 'string') sayLines(`the verifier's log:\n${log}`);
  return error.code === 'ERR_SNOOPKIT_USAGE' ? 2 : 1;
}
