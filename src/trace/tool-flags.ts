/** The values of a tool's own flags, and how they are set in its object. */
import type { BpfObject, OpenedObject } from '../bpf/object.js';
import type { GivenFlags } from './flags/flag.js';
import { configureFlag, type FlagValue, fillFlag, flagOf } from './flags/kinds.js';
import type { Label } from './label.js';
import type { ToolDefinition } from './tool.js';

/** The values of the flags in use, by name. */
export type FlagValues = ReadonlyMap<string, FlagValue>;

/** Converts the values of the flags in use. Throws UsageError for an invalid one. */
export function flagValues(
  tool: ToolDefinition,
  inUse: ReadonlySet<string>,
  given: GivenFlags,
  label: Label,
): FlagValues {
  const values = new Map<string, FlagValue>();
  for (const [name, own] of Object.entries(tool.flags ?? {})) {
    if (!inUse.has(name)) continue;
    const flag = flagOf(own);
    // A column may imply a switch, which is not given then.
    if (flag.form === 'switch') values.set(name, true);
    else if (flag.form === 'text') values.set(name, flag.parse(label(name), String(given[name])) as FlagValue);
    else values.set(name, flag.parse(label(name), [given[name] ?? []].flat().map(String)) as FlagValue);
  }
  return values;
}

/** Names of the environment variables to show. */
export function envNames(tool: ToolDefinition, values: FlagValues): readonly string[] {
  const flags = Object.entries(tool.flags ?? {}).filter(([, { takes }]) => takes === 'names');
  return flags.flatMap(([name]) => (values.get(name) as readonly string[] | undefined) ?? []);
}

/** Sets the constants of an object before load. */
export function applyFlags(tool: ToolDefinition, values: FlagValues, object: OpenedObject): void {
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const value = values.get(name);
    if (value !== undefined) configureFlag(object, flag, value);
  }
}

/** Fills the maps of a loaded object. */
export function fillFlags(tool: ToolDefinition, values: FlagValues, object: BpfObject): void {
  for (const [name, flag] of Object.entries(tool.flags ?? {})) {
    const value = values.get(name);
    if (value !== undefined) fillFlag(object, flag, value);
  }
}
