import type { EventRecord } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import type { Rows } from '../events/rows.js';

/** How events are written, as --output names it. */
export const OUTPUTS = ['table', 'json', 'csv', 'otlp'] as const;
export type Output = (typeof OUTPUTS)[number];

/** Why something that happened is not in the stream. */
export const LOSS_REASONS = {
  ring_full: 'the ring buffer was full',
  not_followed: 'a new process was not followed',
  not_kept: 'an entry was not stored, the map was full: data that depends on it is missing',
  skipped:
    'the kernel skipped a program because one was already running on that CPU: at most as many events are missing',
  unreadable: 'a damaged record',
} as const;

/** Something that happened and is not in the stream. */
export interface Loss {
  readonly reason: keyof typeof LOSS_REASONS;
  /** How many since the last report, and since the start. */
  readonly count: number;
  readonly total: number;
}

/** What a run sees, and by which hooks. */
export interface Opening {
  readonly tool: string;
  /** The release, as of uname(2). */
  readonly kernel: string;
  readonly arch: string;
  /** Kinds of hooks by what is seen, such as `{ opens: ['tracepoint'] }`. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** What can't be seen on this kernel. */
  readonly without: readonly string[];
}

/** Rows that are shown together: what was added up until then. */
export interface Report {
  readonly rows: Rows;
  /** What it is about, for people: the time, and sums. */
  readonly title: string;
}

/** One way to write events: it turns them into bytes, and knows nothing of where these go. */
export interface Format {
  /** The line that each file begins with, and all files of this form that can be added to; without its end. */
  readonly header?: string | undefined;
  /** What stands before the first event; `opening`, where it is asked for, in a format with a place for it. */
  begin(out: OutputBuffer, opening?: Opening): void;
  /** One event. Throws RangeError when the record can't be read; what it wrote of it is then taken back. */
  event(record: EventRecord, out: OutputBuffer): void;
  /** All rows that were added up, before those are left out that are not shown. */
  tally?(rows: Rows): void;
  /** All rows of a report; each is an event where this is left out. */
  report?(report: Report, out: OutputBuffer): void;
  /** A loss, where it happened in the stream. A format without a place for it leaves it to the final report. */
  lost(loss: Loss, out: OutputBuffer): void;
  /** What stands behind the last event. */
  end?(out: OutputBuffer): void;
}
