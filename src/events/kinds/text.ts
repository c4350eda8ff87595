import { type Column, type EventRecord, type TextColumn, TextSpan } from '../column.js';
import { type Kind, plain, text } from './kind.js';
import { SpanReader, type SpanSources } from './span.js';

/** A char array: up to its NUL. */
export const charsKind: Kind = (field) => {
  const size = field.shape.kind === 'array' ? field.shape.length : 0;
  return [
    text(field.name, Math.min(size, 16), (record, span) => {
      const start = record.offset + field.offset;
      let end = start;
      while (end < start + size && record.bytes[end] !== 0) end++;
      span.set(record.bytes, start, end);
    }),
  ];
};

/** snoop_text and snoop_path: as it was given. */
export const spanKind: Kind = (field) => {
  const reader = new SpanReader(field);
  const locate: TextColumn['locate'] = (record, span) => {
    reader.read(record, span);
    if (span.isTruncated) span.after = '...[truncated]';
  };
  return [text(field.name, 20, locate, { isSpan: true })];
};

const SLASH = 47;
const DOT = 46;

/** How many dots a name of nothing else has: 1 or 2 for `.` and `..`, 0 for any other. */
function dotsOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 2 || bytes[start] !== DOT) return 0;
  return length === 1 ? 1 : bytes[start + 1] === DOT ? 2 : 0;
}

/** Appends a name as it was given, with `.` and `..` in it, to a path; returns the length. An absolute one leads no further up than it begins. */
function appendGiven(source: Uint8Array, start: number, end: number, into: Uint8Array, length: number): number {
  const floor = source[start] === SLASH ? length : 0;
  let at = length;
  for (let from = start; from < end; ) {
    const slash = source.indexOf(SLASH, from);
    const stop = slash < 0 || slash > end ? end : slash;
    const dots = dotsOf(source, from, stop);
    if (dots === 2) {
      at = Math.max(floor, into.subarray(0, at).lastIndexOf(SLASH));
    } else if (stop > from && dots === 0) {
      into[at++] = SLASH;
      into.set(source.subarray(from, stop), at);
      at += stop - from;
    }
    from = stop + 1;
  }
  return at;
}

/** Whether a name as it was given has no folder in it: only `.` and `..` come before its last part. */
function isAlone(source: Uint8Array, start: number, end: number): boolean {
  let names = 0;
  for (let from = start; from < end; ) {
    const slash = source.indexOf(SLASH, from);
    const stop = slash < 0 || slash > end ? end : slash;
    const dots = dotsOf(source, from, stop);
    if (dots === 2 && names > 0) return false;
    if (stop > from && dots === 0) names++;
    from = stop + 1;
  }
  return names < 2;
}

/** Where the first of several texts that end in NULs ends. */
function firstEnd(bytes: Uint8Array, start: number, end: number): number {
  const nul = bytes.indexOf(0, start);
  return nul < 0 || nul > end ? end : nul;
}

/** Puts `name\0parent\0...\0top\0` into the order of a path, into `into`; returns the length. The name may be as it was given. */
function joinComponents(source: Uint8Array, start: number, end: number, into: Uint8Array, isGiven: boolean): number {
  const given = isGiven ? firstEnd(source, start, end) : start;
  const above = isGiven ? given + 1 : start;
  let at = 0;
  let stop = end - 1;
  while (stop >= above) {
    let from = stop;
    while (from > above && source[from - 1] !== 0) from--;
    // That of the root is called so.
    let skip = from;
    while (skip < stop && source[skip] === SLASH) skip++;
    if (skip < stop) {
      into[at++] = SLASH;
      into.set(source.subarray(skip, stop), at);
      at += stop - skip;
    }
    stop = from - 1;
  }
  at = appendGiven(source, start, given, into, at);
  if (at === 0) into[at++] = SLASH;
  return at;
}

/** Whether the path is where the file is: there can be no link in it that was not followed. */
function isResolved(source: number, { read, named }: SpanSources, { bytes, start, end }: TextSpan): boolean {
  return source === read || (source === named && isAlone(bytes, start, firstEnd(bytes, start, end)));
}

/** snoop_place: an absolute path. */
export const placeKind: Kind = (field): Column[] => {
  const reader = new SpanReader(field);
  const { sources } = reader;
  let joined = new Uint8Array(16 * 1024);
  const locate = (record: EventRecord, span: TextSpan) => {
    const source = reader.read(record, span);
    if (span.isMissing) return;
    const { isTruncated } = span;
    if (joined.length < span.end - span.start + 1) joined = new Uint8Array(2 * (span.end - span.start));
    const resolved = isResolved(source, sources, span);
    const length = joinComponents(span.bytes, span.start, span.end, joined, source !== sources.read);
    span.set(joined, 0, length);
    span.isTruncated = isTruncated;
    // In front and without a blank: neither it nor the path looks like the next column's value. What is missing is the
    // upper part.
    if (!resolved) span.before = '[unresolved]';
    if (isTruncated) span.before += '[truncated]...';
    if (reader.isDeleted(record)) span.after = ' (deleted)';
  };
  return [text(field.name, 20, locate, { isSpan: true })];
};

/** What is to be said of a path beside it. */
const remark = (name: string, value: (record: EventRecord) => boolean): Column =>
  plain({
    name,
    json: 'boolean',
    width: 8,
    align: 'left',
    value,
    write: (record, out) => out.ascii(value(record) ? 'true' : 'false'),
  });

/** snoop_file: an absolute path, and whether what was there is deleted. */
export const fileKind: Kind = (field, context): Column[] => {
  const reader = new SpanReader(field);
  return [...placeKind(field, context), remark(`${field.name}_deleted`, (record) => reader.isDeleted(record))];
};

/** snoop_components: an absolute path, whether links on the way to it are resolved, and whether what was there is deleted. */
export const componentsKind: Kind = (field, context): Column[] => {
  const probe = new TextSpan();
  const reader = new SpanReader(field);
  const isWhere = (record: EventRecord) => isResolved(reader.read(record, probe), reader.sources, probe);
  const [path, deleted] = fileKind(field, context) as [Column, Column];
  return [path, remark(`${field.name}_resolved`, isWhere), deleted];
};
