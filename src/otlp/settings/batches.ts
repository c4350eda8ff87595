import type { BatchOptions, Signal } from '../types.js';
import { type Environment, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';
import { EXPORT_TIMEOUTS, type QueuedSignal, VARIABLES } from './variables.js';

/** Milliseconds; the default of the specification. */
const USUAL_DELAY = { logs: 1000, traces: 5000 } as const;
const USUAL_TIMEOUT = 30_000;

/**
 * Larger than the specification's defaults, 512 and 2048: a busy host opens 20,000 files a second, which would fill
 * such a queue in a tenth of a second. At about 400 bytes per record, the queue takes 26 MB and a request 1.6 MB, while
 * collectors accept 4 MiB by gRPC.
 */
const USUAL_BATCH = 4096;
const USUAL_QUEUE = 65_536;

export interface BatchFlags extends OptionNames {
  readonly maxBatch?: number;
  readonly maxQueue?: number;
  readonly delay?: number;
}

/** Limits a batch to the size of the queue; with a warning unless it is the default. */
function fittingBatch(name: string, given: number | undefined, maxQueue: number, environment: Environment): number {
  if (given !== undefined && given > maxQueue)
    environment.warn(`${name}=${given}: reduced to ${maxQueue}, the queue size`);
  return Math.min(given ?? USUAL_BATCH, maxQueue);
}

export function batchOptions(signal: QueuedSignal, environment: Environment, flags: BatchFlags): BatchOptions {
  const maxQueue = flags.maxQueue ?? environment.integer(VARIABLES.maxQueue(signal), 1) ?? USUAL_QUEUE;
  if (flags.maxBatch !== undefined && flags.maxBatch > maxQueue)
    throw wrongSetting(
      { name: `${optionName(flags, 'maxBatch')} ${flags.maxBatch}`, isOption: true },
      `exceeds the queue size of ${maxQueue}; use a larger ${optionName(flags, 'maxQueue')}`,
    );
  const [name] = VARIABLES.maxBatch(signal);
  return {
    delay: flags.delay ?? environment.integer(VARIABLES.delay(signal), 0) ?? USUAL_DELAY[signal],
    maxBatch: flags.maxBatch ?? fittingBatch(name, environment.integer([name], 1), maxQueue, environment),
    maxQueue,
  };
}

/**
 * Time limit of an export in milliseconds, as of an SDK's processors and reader. The exporter has a timeout of its own,
 * and the shorter one applies, except that a flag sets the time exactly.
 */
export function exportTimeout(signal: Signal, environment: Environment, flags: { readonly timeout?: number }): number {
  return flags.timeout ?? environment.timeout([EXPORT_TIMEOUTS[signal]]) ?? USUAL_TIMEOUT;
}
