import { type Column, type EventRecord, type TextColumn, TextSpan } from '../column.js';
import { givenSpan } from '../given.js';
import { type ColumnMaker, type Kinds, plain, text } from '../kind.js';
import { charsColumns } from '../shapes.js';
import { SpanReader, type SpanSources } from '../span.js';

/** snoop_text and snoop_path: as it was given. */
const spanColumns: ColumnMaker = (field) => {
  const reader = new SpanReader(field);
  const locate: TextColumn['locate'] = (record, span) => {
    reader.read(record, span);
    if (span.isTruncated) span.after = '...[truncated]';
  };
  return [text(field.name, 20, locate, { isSpan: true })];
};

const SLASH = 47;
const DOT = 46;

/** Number of dots of a name: 1 for `.`, 2 for `..`, 0 for any other name. */
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

/** True if a given name has no folder in it: only `.` and `..` come before its last part. */
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

/** End of the first of several texts that end in NULs. */
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
    // The root's own name is a slash.
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

/** True if the path has no symbolic link that was not followed. */
function isResolved(source: number, { read, named }: SpanSources, { bytes, start, end }: TextSpan): boolean {
  return source === read || (source === named && isAlone(bytes, start, firstEnd(bytes, start, end)));
}

/** snoop_place: an absolute path. */
const placeColumns: ColumnMaker = (field): Column[] => {
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

/** A column that states a fact about a path. */
const remark = (name: string, value: (record: EventRecord) => boolean): Column =>
  plain({
    name,
    json: 'boolean',
    type: 'boolean',
    width: 8,
    align: 'left',
    value,
    write: (record, out) => out.ascii(value(record) ? 'true' : 'false'),
  });

/** snoop_file: an absolute path, and whether what was there is deleted. */
const fileColumns: ColumnMaker = (field, context, options): Column[] => {
  const reader = new SpanReader(field);
  return [
    ...placeColumns(field, context, options),
    remark(`${field.name}_deleted`, (record) => reader.isDeleted(record)),
  ];
};

/** snoop_components: an absolute path, whether links on the way to it are resolved, and whether what was there is deleted. */
const componentsColumns: ColumnMaker = (field, context, options): Column[] => {
  const probe = new TextSpan();
  const reader = new SpanReader(field);
  const isWhere = (record: EventRecord) => isResolved(reader.read(record, probe), reader.sources, probe);
  const [path, deleted] = fileColumns(field, context, options) as [Column, Column];
  return [path, remark(`${field.name}_resolved`, isWhere), deleted];
};

export const KINDS: Kinds = {
  snoop_comm: { columns: charsColumns, isInPlace: true },
  snoop_text: { columns: spanColumns },
  snoop_path: { columns: spanColumns },
  snoop_given_text: { columns: givenSpan(spanColumns) },
  snoop_place: { columns: placeColumns },
  snoop_file: { columns: fileColumns },
  snoop_components: { columns: componentsColumns },
  snoop_given_components: { columns: givenSpan(componentsColumns) },
};
