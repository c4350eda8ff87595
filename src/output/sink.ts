import type { Column, EventRecord } from '../events/column.js';
import type { Rows } from '../events/rows.js';
import type { Loss, Opening, Report } from './format.js';

/** The columns of a run, for sinks created for it. */
export interface Shown {
  /** The event, or the row of an aggregate. */
  readonly view: {
    readonly event: { readonly name: string };
    readonly columns: readonly string[];
    readonly fields: Readonly<Record<string, string>>;
  };
  /** Selected columns; all columns. */
  readonly columns: readonly Column[];
  readonly all: readonly Column[];
  /** Whether reports of rows come instead of events. */
  readonly hasReports: boolean;
}

/** A run, as its sinks see it once programs are attached. */
export interface RunStart {
  /** Undefined unless the run shows which hooks it uses. */
  readonly opening: Opening | undefined;
  /** Number of losses so far, by reason. */
  readonly losses: () => Readonly<Record<string, number>>;
  /** Pid of the traced command, if any. */
  readonly command: number | undefined;
}

/** Reported by a sink while the run goes on. */
export interface SinkHost {
  /** Nothing more can be written: the run ends. */
  end(): void;
  /** An error despite which the sink continues. */
  error(error: Error): void;
}

/**
 * Receiver of a run's records: bytes to a stream or file, requests to a collector, objects to a program. Order of
 * calls: open, start, begin, any number of event, tally, report, lost, flush and tick, end, close. `abandon` may be
 * called at any time. Nothing is traced any more when `close` is called. What one sink throws in `end` or `close` does not
 * keep the others from completing their output.
 */
export interface Sink {
  /**
   * Opens it, before anything is loaded. May wait, but returns false once `signal` aborts: the run ends only then. Throws
   * SnoopkitError.
   */
  open(signal: AbortSignal, host: SinkHost): Promise<boolean>;
  /** Programs are attached: events may arrive. */
  start(run: RunStart): void;
  /** The first output, such as a header. */
  begin(): void;
  /**
   * Takes an event. Throws RangeError if the record can't be read: the run goes on without it. Any other error ends the
   * run.
   */
  event(record: EventRecord): void;
  /** Takes back the last event, or what there is of it: this sink, or a later one, could not read it. */
  undo(): void;
  /** Takes all rows of an aggregate, including those that a report omits. */
  tally(rows: Rows): void;
  /** Takes the rows of an aggregate to show. */
  report(report: Report): void;
  /** Takes a loss, at its place in the stream. */
  lost(loss: Loss): void;
  /** Passes on what was taken so far: after each batch. */
  flush(): void;
  /** The last output, such as a footer. */
  end(): void;
  /** Periodic work, several times a second. */
  tick(): void;
  /** The traced command has ended, with this exit status. */
  commandEnded(status: number): void;
  /** Whether the run should wait for `drained()` before it reads further events. */
  readonly isFull: boolean;
  /** Resolves when there is room again. */
  drained(): Promise<void>;
  /** Records that were taken and then lost by the sink. */
  readonly undelivered: number;
  /**
   * Completes all output; in a hurry once `interrupt` aborts, because a user waits: the run ends only when this resolves.
   * Throws SnoopkitError if output is lost.
   */
  close(interrupt: AbortSignal): Promise<void>;
  /** Releases everything after a failed run. Does nothing after `close`. */
  abandon(): Promise<void>;
}

/** Default answers, for sinks that do not need all calls. */
export abstract class BaseSink implements Sink {
  async open(_signal: AbortSignal, _host: SinkHost): Promise<boolean> {
    return true;
  }
  start(_run: RunStart): void {}
  begin(): void {}
  abstract event(record: EventRecord): void;
  undo(): void {}
  tally(_rows: Rows): void {}
  report({ rows }: Report): void {
    rows.forEach((record) => {
      this.event(record);
    });
  }
  lost(_loss: Loss): void {}
  flush(): void {}
  end(): void {}
  tick(): void {}
  commandEnded(_status: number): void {}
  get isFull(): boolean {
    return false;
  }
  async drained(): Promise<void> {}
  get undelivered(): number {
    return 0;
  }
  async close(_interrupt: AbortSignal): Promise<void> {}
  async abandon(): Promise<void> {}
}
