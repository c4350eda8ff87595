import type { Hook } from '@oclif/core/hooks';
import { say } from './talk.js';

const USAGE = 2;

/** How many letters must be changed, added, dropped or swapped with their neighbour to make one word of another. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const change = (last[j - 1] as number) + (isSame ? 0 : 1);
      let least = Math.min(change, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) least = Math.min(least, (older[j - 2] as number) + 1);
      row.push(least);
    }
    older = last;
    last = row;
  }
  return last[to.length] as number;
}

/** The word that was likely meant: what it is the beginning of, or a third of its letters away at most. */
export function closest(word: string, words: readonly string[]): string | undefined {
  const near = words
    .map((known) => ({ known, far: known.startsWith(word) ? 0 : distance(word, known) }))
    .filter(({ known, far }) => far <= known.length / 3)
    .sort((a, b) => a.far - b.far);
  return near[0]?.known;
}

/** One line about a command that there is not. */
export function notFoundText(word: string, commands: readonly string[]): string {
  if (word.startsWith('-')) return `there is no flag ${word} without a command (snoopkit --help tells more)`;
  const meant = closest(word, commands);
  return `there is no command ${word}${meant ? `; did you mean ${meant}?` : ' (snoopkit --help lists them)'}`;
}

/** oclif's hook: it is loaded only when it is needed, so a start costs nothing more for it. */
export const commandNotFound: Hook.CommandNotFound = async function ({ id, config }) {
  say(notFoundText(id, config.commandIDs));
  this.exit(USAGE);
};
