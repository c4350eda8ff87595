import { UsageError } from '../../errors.js';

/** A tool's command line, split into its own words and the command to trace. */
export interface Words {
  readonly own: string[];
  /** Words after `--`; empty without it. */
  readonly command: string[];
}

/** `--time` takes an optional value, which oclif does not support. */
const TIME = new Set(['-T', '--time']);
const DEFAULT_TIME = '--time=local';

/** Splits the words at the first `--`. Throws UsageError when nothing follows it. */
export function splitWords(words: readonly string[]): Words {
  const cut = words.indexOf('--');
  const own = (cut < 0 ? words : words.slice(0, cut)).map((word) => {
    if (TIME.has(word)) return DEFAULT_TIME;
    return word.startsWith('-T=') ? `--time=${word.slice(3)}` : word;
  });
  const command = cut < 0 ? [] : words.slice(cut + 1);
  if (cut >= 0 && command.length === 0) throw new UsageError('a command must follow --');
  return { own, command };
}
