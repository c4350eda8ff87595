import type { Command } from '@oclif/core/command';
import { isTool } from '../find-tool.js';
import { flagForm } from '../help/manual.js';

/*
 * Completion data for shells. Generated here rather than by oclif's autocomplete plugin:
 * that one adds a hook to every start, keeps caches in the home folder and does not support `-- COMMAND`.
 */

/** Possible values: one of some words, or a kind that the shell can list itself. */
export type ValueKind = 'file' | 'folder' | 'user' | 'other' | readonly string[];

export interface FlagWords {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  /** `--no-NAME` exists, too. */
  readonly isNegatable: boolean;
  /** Undefined for a flag that takes none. */
  readonly value: ValueKind | undefined;
  /** The value is optional and follows an equals sign. */
  readonly isValueOptional: boolean;
  readonly isRepeatable: boolean;
}

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagWords[];
  /** Possible values of its argument. */
  readonly words: readonly string[];
}

/** Kinds by the name of the value in help. */
const KINDS: Readonly<Record<string, ValueKind>> = { FILE: 'file', PATH: 'folder', USER: 'user' };

function flagWords(name: string, flag: Command.Flag.Any): FlagWords {
  const { value } = flagForm(name, flag);
  return {
    name,
    char: flag.char,
    summary: flag.summary ?? '',
    isNegatable: flag.type === 'boolean' && flag.allowNo === true,
    value: flag.type === 'boolean' ? undefined : (flag.options ?? KINDS[value.slice(1)] ?? 'other'),
    isValueOptional: value.startsWith('['),
    isRepeatable: flag.type === 'option' && flag.multiple === true,
  };
}

/** A command's argument `tool` is a tool; any other has its `options`, if it has any. */
function argumentWords(args: Command.Loadable['args'], tools: readonly string[]): readonly string[] {
  const [arg] = Object.values(args);
  return arg?.name === 'tool' ? tools : (arg?.options ?? []);
}

/** All commands with their flags; these must be described. */
export function commandWords(commands: readonly Command.Loadable[]): CommandWords[] {
  const tools = commands.filter(isTool).map(({ id }) => id);
  return commands.map((command) => ({
    name: command.id,
    summary: command.summary ?? '',
    flags: [
      ...Object.entries(command.flags).map(([name, flag]) => flagWords(name, flag)),
      flagWords('help', {
        name: 'help',
        char: 'h',
        type: 'boolean',
        summary: 'show help',
      } as Command.Flag.Any),
    ],
    words: argumentWords(command.args, tools),
  }));
}

/** All forms of a flag, including `--no-NAME`. */
export function writtenForms({ name, char, isNegatable }: FlagWords): string[] {
  return [`--${name}`, ...(isNegatable ? [`--no-${name}`] : []), ...(char ? [`-${char}`] : [])];
}
