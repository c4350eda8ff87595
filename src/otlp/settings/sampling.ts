import { ALL, type Sampling } from '../spans/sampler.js';
import type { Environment } from './environment.js';

const SAMPLER = 'OTEL_TRACES_SAMPLER';
const ARGUMENT = 'OTEL_TRACES_SAMPLER_ARG';

/** The ratio of exported traces; undefined if the sampler's argument sets it. */
const SAMPLERS = new Map<string, { ratio: number | undefined; isParentBased: boolean }>([
  ['always_on', { ratio: 1, isParentBased: false }],
  ['always_off', { ratio: 0, isParentBased: false }],
  ['traceidratio', { ratio: undefined, isParentBased: false }],
  ['parentbased_always_on', { ratio: 1, isParentBased: true }],
  ['parentbased_always_off', { ratio: 0, isParentBased: true }],
  ['parentbased_traceidratio', { ratio: undefined, isParentBased: true }],
]);

function ratioOf(environment: Environment): number {
  const given = environment.first(ARGUMENT);
  if (given === undefined) return 1;
  const ratio = /^[\d.]+(e-?\d+)?$/i.test(given.text) ? Number(given.text) : Number.NaN;
  if (ratio >= 0 && ratio <= 1) return ratio;
  environment.warn(`${ARGUMENT}: ignored, expected a number from 0 to 1; all traces are sampled`);
  return 1;
}

/** Sampling of traces by the environment's variables. */
export function samplingOf(environment: Environment): Sampling {
  const choice = environment.choice([SAMPLER], SAMPLERS);
  if (choice === undefined) return ALL;
  return { ratio: choice.ratio ?? ratioOf(environment), isParentBased: choice.isParentBased };
}
