/** The features of a tool: those that it names, those that they need, and those of every tool. */
import type { FlagTable } from '../flags/flag.js';
import type { Feature, FlagOwner } from './feature.js';
import { FEATURES } from './list.js';

export type FeatureName = keyof typeof FEATURES;

/** A tool as far as it decides on its features. */
export interface FeatureOwner extends FlagOwner {
  readonly features?: readonly FeatureName[] | undefined;
}

const ALL: Readonly<Record<string, Feature>> = FEATURES;
const EVERY_TOOL = Object.keys(ALL).filter((name) => ALL[name]?.isInEveryTool);

/** Features of every tool first, then in the order in which the tool names them, each before those that it needs. */
export function featuresOf({ features = [], tally }: FeatureOwner): ReadonlyMap<string, Feature> {
  const found = new Map<string, Feature>();
  const add = (name: string) => {
    const feature = ALL[name];
    if (!feature || found.has(name)) return;
    found.set(name, feature);
    feature.needs?.forEach(add);
  };
  for (const name of [...EVERY_TOOL, ...features, ...(tally ? ['tally'] : [])]) add(name);
  return found;
}

/** The flags of a tool's features: those that trace() has, too, and those of the command line alone. */
export function featureFlags(tool: FeatureOwner): { readonly flags: FlagTable; readonly cliFlags: FlagTable } {
  const flags: Record<string, FlagTable[string]> = {};
  const cliFlags: Record<string, FlagTable[string]> = {};
  for (const feature of featuresOf(tool).values()) {
    const adapted = feature.flagsOf?.(tool);
    Object.assign(flags, feature.flags);
    Object.assign(cliFlags, feature.cliFlags);
    for (const [name, flag] of Object.entries(adapted ?? {})) (name in cliFlags ? cliFlags : flags)[name] = flag;
  }
  return { flags, cliFlags };
}

/** Every feature by name, for what is the same whatever the tool. */
export const allFeatures = (): ReadonlyMap<string, Feature> => new Map(Object.entries(ALL));
