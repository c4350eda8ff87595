import { STEPS } from './all-steps.js';
import { type FeatureOwner, featuresOf } from './of-tool.js';
import type { RunSetup, Steps } from './steps.js';

/** Makes the steps of a tool's features for a run. Throws UsageError for flags that it cannot have. */
export function stepsOf(tool: FeatureOwner, setup: Omit<RunSetup, 'lingersMs'>): Promise<Steps[]> {
  const features = featuresOf(tool);
  const lingersMs = Math.max(...[...features.values()].map((feature) => feature.lingersMs ?? 0));
  const made = [...features.keys()].map(async (name) => STEPS[name]?.({ ...setup, lingersMs }) ?? {});
  return Promise.all(made);
}

/** Programs of a tool's features that belong to no hook point. */
export const featurePrograms = (tool: FeatureOwner): readonly string[] =>
  [...featuresOf(tool).values()].flatMap(({ programs = [] }) => programs);
