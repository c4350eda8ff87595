/** Output of strace: the oracle for the files that a program opened. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An open as reported by both sides: flags, path and result. */
export type Opened = readonly [flags: string, path: string | null, ret: number | string];

export const STRACE = [
  'strace',
  '-ff',
  '-e',
  'trace=open,openat,openat2,creat',
  '-e',
  'signal=none',
  '-xx',
  '-s',
  '5000',
];

/** A text from the output of `strace -xx`. */
export const unhex = (text: string) => Buffer.from(text.replaceAll('\\x', ''), 'hex').toString();

/** The files written by `strace -ff -o prefix`, by process. */
export function straceFiles(prefix: string): Map<number, string> {
  const paths = readdirSync(dirname(prefix)).map((name) => join(dirname(prefix), name));
  return new Map(
    paths
      .filter((path) => path.startsWith(`${prefix}.`))
      .map((path) => [Number(path.slice(prefix.length + 1)), readFileSync(path, 'utf8')]),
  );
}

/** The opens in these files. */
export function readStrace(prefix: string): Map<number, Opened[]> {
  const opens = (text: string) => text.split('\n').filter((line) => /^(open|creat)/.test(line));
  return new Map([...straceFiles(prefix)].map(([pid, text]) => [pid, opens(text).map(parseLine)]));
}

/** openat(AT_FDCWD, "\x2f...", O_RDONLY|O_CLOEXEC) = 3 */
function parseLine(line: string): Opened {
  const [, name, inside = '', result = ''] = /^(\w+)\((.*)\) += (.*)$/.exec(line) ?? assert.fail(line);
  const [, hex, rest = ''] = /"((?:\\x..)*)"(?:, (.*))?$/.exec(inside) ?? assert.fail(line);
  const flags =
    name === 'creat'
      ? 'O_WRONLY|O_CREAT|O_TRUNC'
      : name === 'openat2'
        ? (/flags=([^,}]+)/.exec(rest)?.[1] ?? '')
        : (rest.split(', ')[0] ?? '');
  const [, number, error] = /^(-?\d+)(?: (E\w+))?/.exec(result) ?? assert.fail(line);
  return [sorted(flags), unhex(hex ?? ''), error ?? Number(number)];
}

/** Both write flags by name, but not in the same order. */
export function sorted(flags: string): string {
  return flags.split('|').sort().join('|');
}
