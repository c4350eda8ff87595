import { isatty } from 'node:tty';

const STDOUT = 1;

/** Whether events go to a terminal, for people to read: process.stdout is not asked, for it would be set up then. */
export function isTerminal(): boolean {
  return isatty(STDOUT);
}

/** How many columns the terminal has now; undefined where it does not tell. */
export function terminalWidth(): number | undefined {
  return process.stdout.columns || undefined;
}

/** How many lines the terminal has now. */
export function terminalHeight(): number {
  return process.stdout.rows || 24;
}

/** Whether to use colour: on a terminal that can, unless NO_COLOR (no-color.org) says no. */
export function usesColor(wanted: boolean): boolean {
  return wanted && isTerminal() && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
