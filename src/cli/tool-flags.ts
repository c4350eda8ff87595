/** The values of a tool's own flags, and what becomes of them in its object. */
import type { BpfObject } from '../bpf/object.js';
import { UsageError } from '../errors.js';
import type { ToolDefinition, ToolFlag } from './tool.js';
import { parseBytes } from './values.js';

/** Names of environment variables, with commas between. */
function parseNames(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || name.includes('=')))
    throw new UsageError(`${flag} ${text}: give names of environment variables, with commas between`);
  return names;
}

type FlagValue = true | number | readonly string[];

/** What a value of the command line means. Throws UsageError for one that means nothing. */
function flagValue(name: string, flag: ToolFlag, given: unknown): FlagValue {
  switch (flag.takes) {
    case undefined:
      return true;
    case 'size':
      return parseBytes(`--${name}`, String(given), flag.most);
    case 'names':
      return parseNames(`--${name}`, String(given));
  }
}

/** The values of the flags in use, by name. */
export type FlagValues = ReadonlyMap<string, FlagValue>;

export function flagValues(
  tool: ToolDefinition,
  inUse: ReadonlySet<string>,
  given: Readonly<Record<string, unknown>>,
): FlagValues {
  const values = new Map<string, FlagValue>();
  for (const [name, flag] of Object.entries(tool.flags ?? {}))
    if (inUse.has(name)) values.set(name, flagValue(name, flag, given[name]));
  return values;
}

/** Of the environment of a process, what is to be shown. */
export function envNames(tool: ToolDefinition, values: FlagValues): readonly string[] {
  const flags = Object.entries(tool.flags ?? {}).filter(([, { takes }]) => takes === 'names');
  return flags.flatMap(([name]) => (values.get(name) as readonly string[] | undefined) ?? []);
}

/** Sets the constants of an object that is not loaded yet. */
export function applyFlags(tool: ToolDefinition, values: FlagValues, { globals, maps }: BpfObject): void {
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const value = values.get(name);
    if (value === undefined) continue;
    globals.need(flag.sets).set(flag.takes === 'size' ? Number(value) : true);
    if (flag.takes === 'size') maps.need(flag.room).valueSize += Number(value);
  }
}
