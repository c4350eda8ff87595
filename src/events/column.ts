import type { Value } from '../btf/index.js';
import type { OutputBuffer } from './output-buffer.js';

// A byte order mark is a character of a name like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const EQUALS = 0x3d;

/** One event as it lies in memory. The same object is used for all: readers keep nothing of it. */
export class EventRecord {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(this.bytes.buffer, 0, 0);
  /** Offset of the event in `bytes` and `view`, in bytes. */
  offset = 0;
  length = 0;

  /** Turns to another memory. */
  setBytes(bytes: Buffer): void {
    if (this.bytes === bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Range of bytes that is the text of a field: in the record, or in other memory. */
export class TextSpan {
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  end = 0;
  /** The kernel could not read it. */
  isMissing = false;
  /** Not all of it is there. */
  isTruncated = false;
  /** Remarks that a table shows in front of the text and behind it: ASCII. */
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

/** Texts one behind the other, each ended by a NUL; the last one may have none where it was cut. */
export class TextList {
  readonly span = new TextSpan();
  /** Number of texts, and their size in bytes, before they were cut; 0 if not known. */
  count = 0;
  size = 0;
  /** Only these of the texts, by their names: undefined for all. */
  names: ReadonlySet<string> | undefined;

  /** Calls back for each of the texts, in order, with where it lies in the span's bytes. */
  forEach(receive: (start: number, end: number) => void): void {
    const { bytes, start, end } = this.span;
    for (let at = start; at < end; ) {
      const nul = bytes.indexOf(0, at);
      const stop = nul < 0 || nul > end ? end : nul;
      if (!this.names || this.names.has(decoder.decode(bytes.subarray(at, this.#nameEnd(at, stop))))) receive(at, stop);
      at = stop + 1;
    }
  }

  /** Calls back for each text of the form NAME=value, with the ranges of the name and the value. */
  forEachMember(receive: (start: number, nameEnd: number, valueStart: number, end: number) => void): void {
    this.forEach((start, end) => {
      const nameEnd = this.#nameEnd(start, end);
      receive(start, nameEnd, Math.min(nameEnd + 1, end), end);
    });
  }

  /** Position of the first `=` of a text; the text's end if there is none. */
  #nameEnd(start: number, end: number): number {
    const equals = this.span.bytes.indexOf(EQUALS, start);
    return equals < 0 || equals > end ? end : equals;
  }
}

/** Type of a column in JSON; a column of `any` writes JSON itself. */
export type JsonType = 'integer' | 'number' | 'string' | 'boolean' | 'array' | 'object' | 'any';

/** Types of the values of plain columns, by their names in TypeScript. */
export interface PlainTypes {
  number: number;
  bigint: bigint;
  string: string;
  boolean: boolean;
  Value: Value;
}

interface ColumnBase {
  /** Its name on the command line and in JSON: snake_case. */
  readonly name: string;
  /** The table's column: at least so wide. */
  readonly width: number;
  /** As wide as its common values are, where the largest are wider: for a terminal that has no more. */
  readonly least?: number;
  /** Width of the widest values, used if a terminal has room for it. */
  readonly widest?: number;
  readonly align: 'left' | 'right';
  /** It says for people what other columns say: JSON and CSV have it only where it is asked for. */
  readonly repeats?: true;
  /** The bytes of the record that alone decide what is written; undefined when there is more to it, such as the clock. */
  readonly dependsOn?: { readonly offset: number; readonly size: number };
  /** True while the meaning of the bytes is not known yet, so that equal bytes may be written differently later. */
  isPassing?(record: EventRecord): boolean;
  /** False if this event does not have the column; undefined for columns that every event has. */
  isPresent?(record: EventRecord): boolean;
  /** The value as an object of the library has it, of the column's `type`; undefined where the event has none. */
  value(record: EventRecord): unknown;
}

/** A column written in ASCII that needs no escapes: numbers, times, names of constants, addresses. */
export interface PlainColumn extends ColumnBase {
  readonly kind: 'plain';
  /** The type of `value` in TypeScript. */
  readonly type: keyof PlainTypes;
  /** A `string` is written between quotes in JSON, anything else as it is. */
  readonly json: JsonType;
  /** Further keywords of the JSON Schema of a string. */
  readonly jsonSchema?: { readonly format?: string; readonly pattern?: string };
  /** An integer of 64 bits that JSON has as a string, since a double can't hold it; OTLP has it as an integer. */
  readonly isWide?: true;
  /** The end that stays when a value is cut to the width of a screen, such as the port of an endpoint. */
  readonly keptEnd?: RegExp;
  write(record: EventRecord, out: OutputBuffer): void;
  /** For people, where they want to see something else than programs do. */
  writeForPeople?(record: EventRecord, out: OutputBuffer): void;
  /** A whole number of these; left out for what is no time, or not in one unit. */
  readonly unit?: 'ns';
  /** Reads a point in time, as the time since 1970; undefined for other columns. */
  readTime?(record: EventRecord, into: { seconds: number; nanoseconds: number }): void;
  /** A point in time in nanoseconds since the boot, unaffected by changes of the system's time. */
  bootTime?(record: EventRecord): bigint;
}

/** Bytes that somebody else chose, such as a path: every output escapes them in its own way. */
export interface TextColumn extends ColumnBase {
  readonly kind: 'text';
  readonly type: 'string' | 'string | null';
  readonly json: 'string';
  /** True if the text may be missing (null in JSON) or truncated (`<name>_truncated` in JSON). */
  readonly isSpan: boolean;
  locate(record: EventRecord, span: TextSpan): void;
}

/** Texts that somebody else chose, such as the words of a command. */
export interface ListColumn extends ColumnBase {
  readonly kind: 'list';
  readonly type: 'string[] | null' | 'Record<string, string> | null';
  /** An `object` has a member for each text, which has the form NAME=value. */
  readonly json: 'array' | 'object';
  /** A table has it below the row, a line for each text. */
  readonly isBelow?: true;
  /** For people: locates what they are shown in place of the first text, and says whether there is anything. */
  locateFirst?(record: EventRecord, span: TextSpan): boolean;
  locate(record: EventRecord, list: TextList): void;
}

/** Number of values from `from` up to but excluding `to`. */
export interface Bucket {
  readonly from: number;
  /** Undefined where there is no limit. */
  readonly to: number | undefined;
  readonly count: number;
}

/** A distribution of values. */
export interface Histogram {
  readonly unit: 'ns';
  readonly count: number;
  readonly sum: bigint;
  /** From the first to the last that is not empty. */
  readonly buckets: readonly Bucket[];
}

/** A column of distributions. */
export interface HistogramColumn extends ColumnBase {
  readonly kind: 'histogram';
  readonly type: 'Histogram';
  readonly json: 'object';
  value(record: EventRecord): Histogram;
}

/** A field of an event as outputs show it: how to read it, and how to write it. */
export type Column = PlainColumn | TextColumn | ListColumn | HistogramColumn;

/** The lossy texts of a list, null when they are missing. */
export function listTexts(list: TextList): string[] | null {
  if (list.span.isMissing) return null;
  const texts: string[] = [];
  list.forEach((start, end) => {
    texts.push(decoder.decode(list.span.bytes.subarray(start, end)));
  });
  return texts;
}

/** The lossy values of texts of the form NAME=value, by name; null when they are missing. */
export function listMembers(list: TextList): Record<string, string> | null {
  const { bytes, isMissing } = list.span;
  if (isMissing) return null;
  const members: [string, string][] = [];
  list.forEachMember((start, nameEnd, valueStart, end) => {
    members.push([decoder.decode(bytes.subarray(start, nameEnd)), decoder.decode(bytes.subarray(valueStart, end))]);
  });
  return Object.fromEntries(members);
}

/** The lossy text of a column, null when it is missing. */
export function spanText(span: TextSpan): string | null {
  return span.isMissing ? null : decoder.decode(span.bytes.subarray(span.start, span.end));
}

/** When something happened, in nanoseconds of the boot clock: what times of different moments are compared by. */
export function bootTimeOf(column: Column | undefined, record: EventRecord): bigint {
  const boot = column?.kind === 'plain' ? column.bootTime?.(record) : undefined;
  return boot ?? (column?.value(record) as bigint);
}
