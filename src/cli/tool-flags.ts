/** The values of a tool's own flags, and what becomes of them in its object. */
import type { BpfMap } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';
import { UsageError } from '../errors.js';
import type { ToolDefinition, ToolFlag } from './tool.js';
import { parseBytes, parseDuration } from './values.js';

/** Names of environment variables, with commas between. */
function parseNames(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || name.includes('=')))
    throw new UsageError(`${flag} ${text}: give names of environment variables, with commas between`);
  return names;
}

type FlagValue = true | number | bigint | readonly string[];

/** What a value of the command line means. Throws UsageError for one that means nothing. */
function flagValue(name: string, flag: ToolFlag, given: unknown): FlagValue {
  switch (flag.takes) {
    case undefined:
      return true;
    case 'size':
      return parseBytes(`--${name}`, String(given), flag.most);
    case 'names':
      return parseNames(`--${name}`, String(given));
    case 'duration':
      return BigInt(Math.round(parseDuration(`--${name}`, String(given)) * 1e6));
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

const FEWEST = 256;

/** Leaves a map only as many entries as fit into so many bytes. */
function shrink(map: BpfMap, bytes: number): void {
  const entries = Math.max(FEWEST, Math.floor(bytes / map.valueSize));
  if (entries < map.maxEntries) map.maxEntries = entries;
}

/** Sets the constants of an object that is not loaded yet. */
export function applyFlags(tool: ToolDefinition, values: FlagValues, { globals, maps }: BpfObject): void {
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const value = values.get(name);
    if (value === undefined) continue;
    globals.need(flag.sets).set(typeof value === 'object' ? true : value);
    if (flag.takes !== 'size') continue;
    for (const map of flag.room) maps.need(map).valueSize += Number(value);
    if (flag.fits) shrink(maps.need(flag.fits[0]), flag.fits[1]);
  }
}
