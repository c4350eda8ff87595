import { existsSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { visibleText } from '../output/visible.js';
import { explain } from './explain.js';

/** Longest wait for a slow reader of standard error, per line. */
const PATIENCE_MS = 1000;
const STDERR = 2;
const clock = new Int32Array(new SharedArrayBuffer(4));

let held = '';

/** A line with the prefix of messages. Control characters, from the command line or a log, are escaped. */
const lineOf = (text: string) => `snoopkit: ${visibleText(text)}\n`;

/** Several lines with the prefix of messages: a stack trace, or a log. */
function linesOf(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  return [lineOf(first), ...rest.map((line) => `${visibleText(line)}\n`)].join('');
}

/** Queues log text until the next line, or until the event loop is idle, to write many at once. */
export function sayLater(text: string): void {
  if (held === '') setImmediate(flush);
  held += linesOf(text);
}

function flush(): void {
  const lines = held;
  held = '';
  write(lines);
}

/** Writes a line to standard error, for the person at the terminal; data goes to standard output. */
export function say(text: string): void {
  held += lineOf(text);
  flush();
}

/** Writes several lines to standard error. */
function sayLines(text: string): void {
  held += linesOf(text);
  flush();
}

/** After Ctrl-C or Ctrl-\ on a terminal: starts a new line, so that no output or prompt follows the ^C. */
export function leaveLine(): void {
  if (isatty(STDERR)) write('\n');
}

function write(text: string): void {
  const line = Buffer.from(text);
  for (let at = 0, waited = 0; at < line.length && waited < PATIENCE_MS; ) {
    try {
      at += writeSync(STDERR, line, at);
    } catch (error) {
      // Standard error is closed: no reason to stop.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      // Another process made the pipe non-blocking, and it is full.
      Atomics.wait(clock, 0, 0, 1);
      waited++;
    }
  }
}

/** Errors with a code are reported in one line; any other is a bug and shows its stack trace. */
function isExpected(error: unknown): error is Error & { code: string } {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error instanceof Error && typeof code === 'string';
}

/** A message for the case that /proc or /sys is not mounted at all. */
function notMounted({ code, path }: Error & { code: string; path?: unknown }): string | undefined {
  if (code !== 'ENOENT' || typeof path !== 'string') return undefined;
  if (path.startsWith('/proc/') && !existsSync('/proc/self'))
    return '/proc is not mounted: run mount -t proc proc /proc';
  if (path.startsWith('/sys/') && !existsSync('/sys/kernel'))
    return '/sys is not mounted: run mount -t sysfs sysfs /sys';
  return undefined;
}

/** Reports an error and returns its exit status. */
export function reportError(error: unknown, verbose = false): number {
  if (!isExpected(error)) {
    sayLines(`this is a bug in snoopkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
  // A line break in the user's words must stay visible; in other messages it is only wrapping.
  const { text, isUsage } = explain(error);
  say(notMounted(error) ?? (isUsage ? text : text.replaceAll('\n', ' ')));
  const { log } = error as { log?: unknown };
  if (verbose && typeof log === 'string') sayLines(`verifier log:\n${log}`);
  return isUsage ? 2 : 1;
}
