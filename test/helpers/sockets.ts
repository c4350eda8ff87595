/** Output of test/fixtures/sockets.c: the truth about each of its steps. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type RunOptions, run } from './run.js';

export const SOCKETS = fileURLToPath(new URL('../fixtures/sockets', import.meta.url));

/** A line of it. Members that a step does not have are absent. */
export interface Step {
  readonly step: string;
  readonly pid: number;
  readonly tid: number;
  /** Result of its last call, or -errno. */
  readonly ret: number;
  /** The name of that errno. */
  readonly error?: string;
  /** Bytes that went through all its calls. */
  readonly bytes: number;
  readonly calls: number;
  /** Start of the first call and end of the last one: nanoseconds of CLOCK_MONOTONIC. */
  readonly from: number;
  readonly to: number;
  readonly slot?: number;
  readonly fd?: number;
  /** The address given to the step, with the port of the socket of @SLOT. */
  readonly asked?: string;
  readonly asked_port?: number;
  /**
   * The socket's address after the step; for a close, before it. After a failed connect the kernel keeps the local
   * port, but the address only if it was bound.
   */
  readonly local?: string;
  readonly local_port?: number;
  readonly remote?: string;
  readonly remote_port?: number;
  /** TCP state, such as ESTABLISHED. */
  readonly state?: string;
  readonly cookie?: number;
  readonly inode?: number;
  /** Only for `set`. */
  readonly option?: string;
  /** Only for `connect-close`. */
  readonly ports?: readonly number[];
  /** Only for `info`, from TCP_INFO. */
  readonly bytes_sent?: number;
  readonly bytes_acked?: number;
  readonly bytes_received?: number;
  readonly segs_out?: number;
  readonly segs_in?: number;
  readonly retrans?: number;
  readonly lost?: number;
  readonly rtt_us?: number;
  readonly min_rtt_us?: number;
  readonly mss?: number;
}

/** Steps are words separated by spaces, or numbers. */
export function socketsWords(...steps: readonly (string | number)[]): string[] {
  return [SOCKETS, ...steps.flatMap((step) => `${step}`.split(' '))];
}

export function parseSteps(stdout: Buffer | string): Step[] {
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** The only step with this name, and slot if given. */
export function stepOf(steps: readonly Step[], name: string, slot?: number): Step {
  const found = steps.filter((step) => step.step === name && (slot === undefined || step.slot === slot));
  assert.equal(found.length, 1, `${name}: ${found.length} of ${steps.map(({ step }) => step)}`);
  return found[0] as Step;
}

/** Runs the steps; `before` precedes the command. */
export async function doSteps(
  steps: readonly (string | number)[],
  { before = [], ...options }: RunOptions & { before?: readonly string[] } = {},
): Promise<Step[]> {
  const [file = '', ...words] = [...before, ...socketsWords(...steps)];
  const { status, said, stdout } = await run(file, words, options);
  assert.equal(said, '');
  assert.equal(status, 0);
  return parseSteps(stdout);
}
