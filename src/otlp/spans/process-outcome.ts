/** Outcome of a process, as attributes of its span: semconv `span.cli.internal`. */
import { signalName } from '../../kernel/signals.js';
import { type KeyValue, keyValue } from '../values.js';

const LAST_SIGNAL = 64;
const signals = new Map(Array.from({ length: LAST_SIGNAL }, (_, i) => [signalName(i + 1), i + 1]));

/**
 * Offset of exit statuses as shells show them: the convention demands a status for each process, and a signal leaves
 * none.
 */
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

/** The program that a process executed. */
export interface Executed {
  /** The kernel's name of at most 15 bytes. */
  readonly comm: string;
  /** Undefined if unknown. */
  readonly args: readonly string[] | undefined;
}

const COMM_LENGTH = 15;

/** Name of the program. If the kernel truncated it, the rest is in the first argument. */
export function executableName({ comm, args }: Executed): string {
  const first = args?.[0]?.replace(/^.*\//s, '').replace(/^-/, '') ?? '';
  return Buffer.byteLength(comm) >= COMM_LENGTH && first.startsWith(comm) ? first : comm;
}
