import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/interfaces';
import { UsageError } from '../errors.js';
import type { ToolDefinition } from '../trace/tool.js';
import type { ToolCommand } from './tool-command.js';

/** Whether a command is a tool, from the manifest. */
export function isTool(command: Command.Loadable): boolean {
  return (command as { isTool?: boolean }).isTool === true;
}

/** Adds names, the keys, to parts of a command. */
function named<T extends object>(parts: Readonly<Record<string, T>> = {}): Record<string, T & { name: string }> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { ...part, name }]));
}

/** A command with its flags, arguments and texts: a start does not need them, so the manifest has only a summary. */
export async function described(command: Command.Loadable): Promise<Command.Loadable> {
  const { args, description, examples, flags, usage } = await command.load();
  return {
    ...command,
    args: named(args),
    description,
    examples,
    flags: named(flags),
    usage,
  } as Command.Loadable;
}

/** The definition of a tool. Throws UsageError if there is no such tool. */
export async function findTool(config: Config, name: string): Promise<ToolDefinition> {
  const { tool } = ((await config.findCommand(name)?.load()) ?? {}) as Partial<ToolCommand>;
  if (!tool) throw new UsageError(`unknown tool ${name} (see snoopkit --help)`);
  return tool;
}
