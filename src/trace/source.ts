import type { RecordBatch } from '../bpf/record-stream.js';
import type { Rows } from '../events/rows.js';
import type { EventSchema } from '../events/schema.js';
import type { Opening, Report } from '../output/format.js';
import type { Losses } from './losses.js';

/** Records with the same schema. */
export interface SourceBatch {
  /** Index into `Source.schemas`. */
  readonly schema: number;
  /** Valid until the next batch is requested. */
  readonly records: RecordBatch;
}

/** Output of reports: the pump. */
export interface ReportOutput {
  /** Number of reports so far. */
  readonly events: number;
  /** Whether the requested number has been written. */
  readonly isDone: boolean;
  /** Whether a sink should be waited for. */
  readonly isFull: boolean;
  /** Passes on all rows, including those that a report leaves out. */
  tally(rows: Rows): void;
  /** Writes a report. */
  report(report: Report): void;
}

/** Writes reports of aggregates, which are read and not received: periodically, and at the end. */
export interface Reports {
  /**
   * Starts the timers. `duration` is the limit of the run in milliseconds, `onDone` is called after the last requested
   * report, and `guard` runs what a timer does and handles its errors.
   */
  start(duration: number | undefined, onDone: () => void, guard: (action: () => void) => void): void;
  /** Writes the last report. */
  finish(): void;
  stop(): void;
}

/** Records as they arrive, from the time that programs are attached. */
export interface SourceStream {
  readonly losses: Losses;
  /** The hooks in use, if requested. */
  readonly opening: Opening | undefined;
  /** Batches as they arrive, until `signal` aborts or the source has no more. */
  batches(signal: AbortSignal): AsyncIterable<SourceBatch>;
  /** Batches that are pending at the time of the call. */
  drain(): Iterable<SourceBatch>;
  /** Detaches: afterwards, `drain()` returns the last batches. */
  detach(): void;
  /** Updates what is needed to write records, such as clock offsets: before each batch, and several times a second. */
  refresh(): void;
  /**
   * Periodic work, several times a second. Returns the reason if no further events will occur, such as the end of all
   * traced processes; undefined otherwise.
   */
  tick(): string | undefined;
  /** Reports, if the source has aggregates. */
  reports(output: ReportOutput): Reports | undefined;
}

/** Origin of the records of a run, such as programs in the kernel. A source with several tools has several schemas. */
export interface Source {
  readonly schemas: readonly EventSchema[];
  /** Starts tracing; `command` is the pid of a traced command, which is still held. Throws SnoopkitError. */
  attach(command: number | undefined): SourceStream;
  /** Releases everything, whether attached or not. May be called more than once. */
  close(): void;
}
