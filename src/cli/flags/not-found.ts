import type { Hook } from '@oclif/core/hooks';
import { closest } from '../../closest.js';
import { say } from '../talk.js';
import { insteadOf } from './other-tools.js';

const USAGE = 2;

/** `a, b or c` */
function either(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The message for an unknown command. */
export function notFoundText(word: string, commands: readonly string[]): string {
  if (word.startsWith('-')) return `unknown flag ${word}; flags follow a command (see snoopkit --help)`;
  const instead = insteadOf(word, commands);
  if (instead !== undefined) return instead;
  const meant = closest(word, commands);
  return `unknown command ${word}${meant.length > 0 ? `; did you mean ${either(meant)}?` : ' (see snoopkit --help)'}`;
}

/** oclif's hook, loaded only when needed, so that it does not slow down every start. */
export const commandNotFound: Hook.CommandNotFound = async function ({ id, config }) {
  say(notFoundText(id, config.commandIDs));
  this.exit(USAGE);
};
