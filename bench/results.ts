import type { Machine } from './machine.js';
import type { Condition } from './options.js';

/** Several measurements of one quantity. */
export interface Stat {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws RangeError without values. */
export function stat(values: readonly number[]): Stat {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (below === undefined || above === undefined) throw new RangeError('there is no median of nothing');
  return { median: (below + above) / 2, min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** Raw measurement of one contender in one round. */
export interface Measurement {
  readonly operations: number;
  /** Number of events expected. */
  readonly expected: number;
  /** Lines that arrived, each with an operation of this load. */
  readonly events: number;
  /** Lost events reported by the tracer. */
  readonly reportedLost: number;
  /** One operation of the traced process, its CPU time and duration; and without a tracer in the same round. */
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly untracedCpuNs: number;
  readonly untracedWallNs: number;
  /**
   * One operation of a process excluded by the tracer's filter, while the tracer traces another process; absent without
   * such a filter.
   */
  readonly bystanderCpuNs?: number;
  /** CPU time of the tracer: of the whole run, and of a run with an idle load. */
  readonly tracerUs: number;
  readonly tracerStartUs: number;
  readonly firstEventMs: number;
  readonly peakKb: number;
  /** Number of times the tracer waited. */
  readonly waits: number;
}

/** Figures of a contender in the reports. */
export interface Figures {
  readonly events: Stat;
  readonly lostPercent: Stat;
  readonly reportedLost: Stat;
  /** CPU time of the traced process per operation, and the part caused by the tracer. */
  readonly operationUs: Stat;
  readonly addedUs: Stat;
  readonly addedToOthersUs?: Stat;
  /** CPU time of the tracer per event printed, without its start. */
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
  /** The command that was run, with PID for the load's. */
  readonly command: string;
  /** Absent if no round could be measured. */
  readonly figures?: Figures;
  readonly rounds: readonly Measurement[];
  /** Errors, one line per failed round. */
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
  /** The operation on each event. */
  readonly what: string;
  readonly eventsPerSecond: Stat;
}

/** From records of the kernel to a collector, by snoopkit and by the official SDK; and snoopkit's encoding alone. */
export type PipelineName = 'snoopkit' | 'sdk' | 'encode';

/** One round. */
export interface PipelineMeasurement {
  readonly records: number;
  /** CPU time of the sending process, all threads, and duration. */
  readonly us: number;
  readonly wallUs: number;
  readonly peakKb: number;
}

export interface PipelineResult {
  readonly name: string;
  /** The operation on each record. */
  readonly what: string;
  readonly cpuPerRecordUs: Stat;
  readonly recordsPerSecond: Stat;
  readonly peakMb: Stat;
}

export interface PipelineResults {
  readonly rows: readonly PipelineResult[];
  /** Ratio of snoopkit's CPU time per record to the SDK's, in each round. */
  readonly ratio: Stat;
  readonly rounds: Readonly<Record<PipelineName, readonly PipelineMeasurement[]>>;
}

/** All results of a run: the output of `make bench`. */
export interface Results {
  readonly format: 1;
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** More arguments for snoopkit. */
  readonly ours: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly micro: readonly MicroResult[];
  /** Absent if not measured. */
  readonly pipelines?: PipelineResults;
  /** Comparisons that were left out, and notes for the reader. */
  readonly remarks: readonly string[];
}

/** A tracer that loses more did less work, so its cost is not comparable. */
export const TOO_LOSSY_PERCENT = 1;

export const isLossy = (row: Row) => row.figures !== undefined && row.figures.lostPercent.median > TOO_LOSSY_PERCENT;
