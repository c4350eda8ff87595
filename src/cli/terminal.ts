import { isatty } from 'node:tty';

const STDOUT = 1;

/** Whether events go to a terminal. Avoids process.stdout, which would be initialized by that. */
export function isTerminal(): boolean {
  return isatty(STDOUT);
}

/** Current number of columns of the terminal; undefined if unknown. */
export function terminalWidth(): number | undefined {
  return process.stdout.columns || undefined;
}

/** Current number of lines of the terminal. */
export function terminalHeight(): number {
  return process.stdout.rows || 24;
}

/** Whether to use color: on a terminal that supports it, unless NO_COLOR (no-color.org) is set. */
export function usesColor(wanted: boolean): boolean {
  return wanted && isTerminal() && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
