import type { EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';

/** Formats of events, as named by --output. */
export const OUTPUTS = ['table', 'json', 'csv', 'otlp'] as const;
export type Output = (typeof OUTPUTS)[number];

/** Reasons for which an event is missing in the stream. */
export const LOSS_REASONS = {
  ring_full: 'the ring buffer was full',
  not_followed: 'a new process was not followed',
  not_kept: 'an entry was not stored, the map was full: data that depends on it is missing',
  skipped:
    'the kernel skipped a program because one was already running on that CPU: at most as many events are missing',
  unreadable: 'a damaged record',
} as const;

/** A loss: events that are missing in the stream. */
export interface Loss {
  readonly reason: keyof typeof LOSS_REASONS;
  /** Count since the last report; count since the start. */
  readonly count: number;
  readonly total: number;
}

/** The tool, kernel and hooks of a run. */
export interface Opening {
  readonly tool: string;
  /** The release, as in uname(2). */
  readonly kernel: string;
  readonly arch: string;
  /** Kinds of hooks by hook point, such as `{ opens: ['tracepoint'] }`. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** Limitations on this kernel. */
  readonly without: readonly string[];
}

/** Rows shown together: the aggregates up to then. */
export interface Report {
  readonly rows: Rows;
  /** Title for people: the time, and sums. */
  readonly title: string;
}

/** A format of events: converts them to bytes, regardless of the destination. */
export interface Format {
  /** First line of each file, without its line end. Files with another one can't be appended to. */
  readonly header?: string | undefined;
  /** Writes the text before the first event, with `opening` if it is given and the format has a place for it. */
  begin(out: OutputBuffer, opening?: Opening): void;
  /** Writes an event. Throws RangeError if the record can't be read; the caller then removes its incomplete output. */
  event(record: EventRecord, out: OutputBuffer): void;
  /** Takes all rows of an aggregate, including those that are not shown. */
  tally?(rows: Rows): void;
  /** Writes all rows of a report. Default: each row is written as an event. */
  report?(report: Report, out: OutputBuffer): void;
  /** Writes a loss at its place in the stream. Formats without a place for it leave it to the final summary. */
  lost(loss: Loss, out: OutputBuffer): void;
  /** Writes the text after the last event. */
  end?(out: OutputBuffer): void;
}
