/** What test/fixtures/sockets.c tells: the truth about each of its steps. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type RunOptions, run } from './run.js';

export const SOCKETS = fileURLToPath(new URL('../fixtures/sockets', import.meta.url));

/** A line of it. What a step does not have is not there. */
export interface Step {
  readonly step: string;
  readonly pid: number;
  readonly tid: number;
  /** What the last of its calls returned, or -errno. */
  readonly ret: number;
  /** The name of that errno. */
  readonly error?: string;
  /** That went through all its calls. */
  readonly bytes: number;
  readonly calls: number;
  /** When the first call began and the last one ended: nanoseconds of CLOCK_MONOTONIC. */
  readonly from: number;
  readonly to: number;
  readonly slot?: number;
  readonly fd?: number;
  /** The address that the step was given, with the port of the socket that @SLOT meant. */
  readonly asked?: string;
  readonly asked_port?: number;
  /**
   * What the socket had after the step; one that closes, before it. After a connect that failed the kernel keeps the
   * local port, and the address only where `bind` gave it.
   */
  readonly local?: string;
  readonly local_port?: number;
  readonly remote?: string;
  readonly remote_port?: number;
  /** Of TCP, such as ESTABLISHED. */
  readonly state?: string;
  readonly cookie?: number;
  readonly inode?: number;
  /** Of `set`. */
  readonly option?: string;
  /** Of `connect-close`. */
  readonly ports?: readonly number[];
  /** Of `info`, from TCP_INFO. */
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

/** Steps are words with spaces between, or numbers. */
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

/** The step of this name, which there is once; of a slot, where it is given. */
export function stepOf(steps: readonly Step[], name: string, slot?: number): Step {
  const found = steps.filter((step) => step.step === name && (slot === undefined || step.slot === slot));
  assert.equal(found.length, 1, `${name}: ${found.length} of ${steps.map(({ step }) => step)}`);
  return found[0] as Step;
}

/** Does the steps; `before` goes in front of the command. */
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
