import type { Command } from '@oclif/core/command';
import { bashCompletion } from './bash.js';
import { type CommandWords, commandWords } from './completion.js';
import { fishCompletion } from './fish.js';
import { zshCompletion } from './zsh.js';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The completion script of a shell. */
export function completionScript(shell: Shell, commands: readonly Command.Loadable[]): string {
  return SCRIPTS[shell](commandWords(commands));
}
