import type { Command } from '@oclif/core/command';
import { isTool } from './find-tool.js';
import { flagForm } from './manual.js';

/*
 * What a shell must know to complete a command line, from the manifest. Made here rather than by oclif's plugin for
 * it: that one adds a hook to every start, keeps caches in the home folder, and knows nothing of `-- COMMAND`.
 */

/** What may stand as a value: one of some words, or something that the shell can list itself. */
export type ValueKind = 'file' | 'folder' | 'user' | 'other' | readonly string[];

export interface FlagWords {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  /** There is `--no-NAME`, too. */
  readonly isNegatable: boolean;
  /** Undefined for a flag that takes none. */
  readonly value: ValueKind | undefined;
  /** The value may be left out, and stands behind an equals sign. */
  readonly isValueOptional: boolean;
  readonly isRepeatable: boolean;
}

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagWords[];
  /** What its argument may be. */
  readonly words: readonly string[];
}

/** By the name that help gives to the value. */
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

/** A command's argument `tool` is a tool; any other has its `options`, if it is one of few. */
function argumentWords(args: Command.Loadable['args'], tools: readonly string[]): readonly string[] {
  const [arg] = Object.values(args);
  return arg?.name === 'tool' ? tools : (arg?.options ?? []);
}

/** All commands with their flags, in the order of the manifest. */
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

/** A flag's ways to be written, `--no-NAME` among them. */
export function writtenForms({ name, char, isNegatable }: FlagWords): string[] {
  return [`--${name}`, ...(isNegatable ? [`--no-${name}`] : []), ...(char ? [`-${char}`] : [])];
}
