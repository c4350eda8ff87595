import type { OutputBuffer } from './output-buffer.js';

/** One event as it lies in memory. The same object is used for all: readers keep nothing of it. */
export class EventRecord {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(this.bytes.buffer, 0, 0);
  /** Where the event starts in `bytes` and `view`. */
  offset = 0;
  length = 0;

  /** Turns to another memory. */
  setBytes(bytes: Buffer): void {
    if (this.bytes === bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Where the text of a field lies: in the record, or anywhere else. */
export class TextSpan {
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  end = 0;
  /** The kernel could not read it. */
  isMissing = false;
  /** Not all of it is there. */
  isTruncated = false;
  /** What a person is told in front of it and behind it, in a table: ASCII. */
  before = '';
  after = '';

  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.isMissing = false;
    this.isTruncated = false;
    this.before = '';
    this.after = '';
  }
}

/** What a column is in JSON; `any` is written as JSON by the column itself. */
export type JsonType = 'integer' | 'number' | 'string' | 'boolean' | 'array' | 'any';

interface ColumnBase {
  /** Its name on the command line and in JSON: snake_case. */
  readonly name: string;
  /** The table's column: at least so wide. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** The bytes of the record that alone decide what is written; undefined when there is more to it, such as the clock. */
  readonly dependsOn?: { readonly offset: number; readonly size: number };
  /** The value as an object of the library has it. */
  value(record: EventRecord): unknown;
}

/** What is written in ASCII without anything to escape: numbers, times, names of constants, addresses. */
export interface PlainColumn extends ColumnBase {
  readonly kind: 'plain';
  /** A `string` is written between quotes in JSON, anything else as it is. */
  readonly json: JsonType;
  /** What JSON Schema can say of a string beside: `format` or `pattern`. */
  readonly jsonSchema?: { readonly format?: string; readonly pattern?: string };
  write(record: EventRecord, out: OutputBuffer): void;
  /** For people, where they want to see something else than programs do. */
  writeForPeople?(record: EventRecord, out: OutputBuffer): void;
  /** Whether this event has it at all; left out for those that always have. */
  isPresent?(record: EventRecord): boolean;
}

/** Bytes that somebody else chose, such as a path: every output escapes them in its own way. */
export interface TextColumn extends ColumnBase {
  readonly kind: 'text';
  readonly json: 'string';
  /** Whether it may be missing (null in JSON) or truncated (`<name>_truncated` in JSON). */
  readonly isSpan: boolean;
  locate(record: EventRecord, span: TextSpan): void;
}

/** A field of an event as outputs show it: how to read it, and how to write it. */
export type Column = PlainColumn | TextColumn;

// A byte order mark is a character of a name like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The lossy text of a column, null when it is missing. */
export function spanText(span: TextSpan): string | null {
  return span.isMissing ? null : decoder.decode(span.bytes.subarray(span.start, span.end));
}
