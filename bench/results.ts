import type { Machine } from './machine.js';
import type { Condition } from './options.js';

/** Several measurements of the same thing. */
export interface Stat {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError for no values at all. */
export function stat(values: readonly number[]): Stat {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (below === undefined || above === undefined) throw new RangeError('there is no median of nothing');
  return { median: (below + above) / 2, min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** One contender in one round, as it was measured. */
export interface Measurement {
  readonly operations: number;
  /** Events that they should make. */
  readonly expected: number;
  /** Lines that arrived, each with an operation of this load. */
  readonly events: number;
  /** What the tracer itself says that it lost. */
  readonly reportedLost: number;
  /** An operation of the traced process, its CPU time and how long it took; and without a tracer in the same round. */
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly untracedCpuNs: number;
  readonly untracedWallNs: number;
  /** An operation of a process that the tracer's filter leaves out, while it traces another one; not there when it has no such filter. */
  readonly bystanderCpuNs?: number;
  /** CPU time of the tracer: of the whole run, and of one in which the load did nothing. */
  readonly tracerUs: number;
  readonly tracerStartUs: number;
  readonly firstEventMs: number;
  readonly peakKb: number;
  /** How often the tracer waited. */
  readonly waits: number;
}

/** What the reports show of a contender. */
export interface Figures {
  readonly events: Stat;
  readonly lostPercent: Stat;
  readonly reportedLost: Stat;
  /** CPU time of the traced process for an operation, and how much of it is due to the tracer. */
  readonly operationUs: Stat;
  readonly addedUs: Stat;
  readonly addedToOthersUs?: Stat;
  /** CPU time of the tracer for an event that it printed, without that of its start. */
  readonly cpuPerEventUs: Stat;
  readonly cpuSeconds: Stat;
  readonly firstEventMs: Stat;
  readonly peakMb: Stat;
}

export function figuresOf(rounds: readonly Measurement[]): Figures {
  const of = (figure: (round: Measurement) => number) => stat(rounds.map(figure));
  const others = rounds.flatMap(({ bystanderCpuNs, untracedCpuNs }) =>
    bystanderCpuNs === undefined ? [] : [(bystanderCpuNs - untracedCpuNs) / 1e3],
  );
  return {
    events: of((round) => round.events),
    lostPercent: of((round) => (100 * (round.expected - round.events)) / round.expected),
    reportedLost: of((round) => round.reportedLost),
    operationUs: of((round) => round.cpuNs / 1e3),
    addedUs: of((round) => (round.cpuNs - round.untracedCpuNs) / 1e3),
    ...(others.length > 0 && { addedToOthersUs: stat(others) }),
    cpuPerEventUs: of((round) => (round.tracerUs - round.tracerStartUs) / Math.max(1, round.events)),
    cpuSeconds: of((round) => round.tracerUs / 1e6),
    firstEventMs: of((round) => round.firstEventMs),
    peakMb: of((round) => round.peakKb / 1024),
  };
}

export interface Row {
  readonly program: string;
  readonly version: string;
  readonly output: string;
  readonly buffer: string;
  /** As it was run, with PID for the load's. */
  readonly command: string;
  /** Left out when not a single round could be measured. */
  readonly figures?: Figures;
  readonly rounds: readonly Measurement[];
  /** What went wrong, a line for each round in which it did. */
  readonly failures: readonly string[];
}

export interface Comparison {
  readonly subject: string;
  readonly operation: string;
  readonly condition: Condition;
  readonly operations: number;
  readonly untracedUs: Stat;
  readonly rows: readonly Row[];
}

export interface MicroResult {
  readonly name: string;
  /** What is done to each event. */
  readonly what: string;
  readonly eventsPerSecond: Stat;
}

/** From records of the kernel to a collector, by snoopkit and by the official SDK; and snoopkit's encoding alone. */
export type PipelineName = 'snoopkit' | 'sdk' | 'encode';

/** One round. */
export interface PipelineMeasurement {
  readonly records: number;
  /** CPU time of the sending process, all threads, and how long it took. */
  readonly us: number;
  readonly wallUs: number;
  readonly peakKb: number;
}

export interface PipelineResult {
  readonly name: string;
  /** What is done to each record. */
  readonly what: string;
  readonly cpuPerRecordUs: Stat;
  readonly recordsPerSecond: Stat;
  readonly peakMb: Stat;
}

export interface PipelineResults {
  readonly rows: readonly PipelineResult[];
  /** CPU time of snoopkit for a record by that of the SDK, in each round. */
  readonly ratio: Stat;
  readonly rounds: Readonly<Record<PipelineName, readonly PipelineMeasurement[]>>;
}

/** All of a run: what `make bench` writes. */
export interface Results {
  readonly format: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** More arguments that snoopkit was given. */
  readonly ours: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly micro: readonly MicroResult[];
  /** Left out where it was not measured. */
  readonly pipelines?: PipelineResults;
  /** What was not compared, and what to know when reading. */
  readonly remarks: readonly string[];
}

/** A tracer that loses more did less work, and what it cost is no longer like what the others cost. */
export const TOO_LOSSY_PERCENT = 1;

export const isLossy = (row: Row) => row.figures !== undefined && row.figures.lostPercent.median > TOO_LOSSY_PERCENT;
