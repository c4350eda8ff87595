/** How a process ended, as attributes of its span: semconv `span.cli.internal`. */
import { signalName } from '../../kernel/signals.js';
import { type KeyValue, keyValue } from '../values.js';

const LAST_SIGNAL = 64;
const signals = new Map(Array.from({ length: LAST_SIGNAL }, (_, i) => [signalName(i + 1), i + 1]));

/** The status that a shell would show: the convention wants one of each process, and a signal leaves none. */
const BY_SIGNAL = 128;

export interface Outcome {
  readonly hasFailed: boolean;
  readonly attributes: readonly KeyValue[];
}

export function outcomeOf(code: number, signal?: string): Outcome {
  const attributes = [
    keyValue('process.exit.code', signal === undefined ? code : BY_SIGNAL + (signals.get(signal) ?? 0)),
  ];
  if (signal !== undefined) attributes.push(keyValue('snoopkit.process.exit.signal', signal));
  const hasFailed = code !== 0 || signal !== undefined;
  if (hasFailed) attributes.push(keyValue('error.type', signal ?? String(code)));
  return { hasFailed, attributes };
}

/** What a process executed. */
export interface Executed {
  /** As the kernel keeps it: 15 bytes at most. */
  readonly comm: string;
  /** Undefined where that is not known. */
  readonly args: readonly string[] | undefined;
}

const COMM_LENGTH = 15;

/** The name of what a process executed: where the kernel has cut it, the rest is in the first of its words. */
export function executableName({ comm, args }: Executed): string {
  const first = args?.[0]?.replace(/^.*\//s, '').replace(/^-/, '') ?? '';
  return Buffer.byteLength(comm) >= COMM_LENGTH && first.startsWith(comm) ? first : comm;
}
