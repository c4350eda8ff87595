import type { Command } from '@oclif/core/command';
import { type CommandWords, commandWords } from './completion.js';
import { bashCompletion } from './completion-bash.js';
import { fishCompletion } from './completion-fish.js';
import { zshCompletion } from './completion-zsh.js';

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
