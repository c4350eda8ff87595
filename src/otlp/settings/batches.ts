import type { BatchOptions, Signal } from '../types.js';
import { type Environment, wrongSetting } from './environment.js';
import { type OptionNames, optionName } from './flag-values.js';

/** The signals whose records come one by one; metrics are read when they go out. */
export type QueuedSignal = 'logs' | 'traces';

/** Defaults of the specification. */
const USUAL = {
  logs: { prefix: 'OTEL_BLRP', delay: 1000 },
  traces: { prefix: 'OTEL_BSP', delay: 5000 },
} as const;
const USUAL_TIMEOUT = 30_000;

/**
 * Not those of the specification, 512 and 2048: a busy host opens 20,000 files a second, for which that queue is a tenth
 * of a second. With some 400 bytes for each record a queue takes 26 MB, and a request 1.6 MB, where collectors take 4 MiB
 * by gRPC.
 */
const USUAL_BATCH = 4096;
const USUAL_QUEUE = 65_536;

export interface BatchFlags extends OptionNames {
  readonly maxBatch?: number;
  readonly maxQueue?: number;
  readonly delay?: number;
}

/** A batch can't have more than the queue: what was said of it is cut to that, and a default silently. */
function fittingBatch(name: string, given: number | undefined, maxQueue: number, environment: Environment): number {
  if (given !== undefined && given > maxQueue)
    environment.warn(`${name}=${given}: reduced to ${maxQueue}, the queue size`);
  return Math.min(given ?? USUAL_BATCH, maxQueue);
}

export function batchOptions(signal: QueuedSignal, environment: Environment, flags: BatchFlags): BatchOptions {
  const { prefix, delay } = USUAL[signal];
  const maxQueue = flags.maxQueue ?? environment.integer([`${prefix}_MAX_QUEUE_SIZE`], 1) ?? USUAL_QUEUE;
  if (flags.maxBatch !== undefined && flags.maxBatch > maxQueue)
    throw wrongSetting(
      { name: `${optionName(flags, 'maxBatch')} ${flags.maxBatch}`, isOption: true },
      `exceeds the queue size of ${maxQueue}; use a larger ${optionName(flags, 'maxQueue')}`,
    );
  const name = `${prefix}_MAX_EXPORT_BATCH_SIZE`;
  return {
    delay: flags.delay ?? environment.integer([`${prefix}_SCHEDULE_DELAY`], 0) ?? delay,
    maxBatch: flags.maxBatch ?? fittingBatch(name, environment.integer([name], 1), maxQueue, environment),
    maxQueue,
  };
}

/**
 * Milliseconds that an export may take, as the processors and the reader of an SDK have it. The exporter has a timeout of
 * its own, and the shorter one holds; but the flag says how long, not how long at the most.
 */
export function exportTimeout(signal: Signal, environment: Environment, flags: { readonly timeout?: number }): number {
  const prefix = signal === 'metrics' ? 'OTEL_METRIC' : USUAL[signal].prefix;
  return flags.timeout ?? environment.timeout([`${prefix}_EXPORT_TIMEOUT`]) ?? USUAL_TIMEOUT;
}
