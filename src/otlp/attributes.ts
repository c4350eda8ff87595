/** Columns as attributes of a log record, written straight from the kernel's record. */
import { isUtf8 } from 'node:buffer';
import {
  type Column,
  type EventRecord,
  type ListColumn,
  listTexts,
  type PlainColumn,
  type TextColumn,
  TextList,
  TextSpan,
} from '../events/column.js';
import { OutputBuffer, Snippet } from '../events/output-buffer.js';
import type { Part } from '../output/memo.js';
import { type AttributeRule, CHANGES, detailsOf, namesOf, type OtlpMapping, OWN, ruleOf } from './mapping.js';
import { redactWords } from './redact/words.js';
import type { ArgsStyle } from './settings/flag-values.js';
import { close, double, open, tag, textField, varint, varint64 } from './wire.js';

/** LogRecord.attributes, KeyValue.key and KeyValue.value. */
const ATTRIBUTE = tag(6, 'bytes');
const KEY = 1;
const VALUE = tag(2, 'bytes');
/** The fields of AnyValue. */
const ANY = {
  string: tag(1, 'bytes'),
  bool: tag(2, 'varint'),
  int: tag(3, 'varint'),
  double: tag(4, 'fixed64'),
  array: tag(5, 'bytes'),
  list: tag(6, 'bytes'),
  bytes: tag(7, 'bytes'),
} as const;
/** ArrayValue.values and KeyValueList.values. */
const ELEMENT = tag(1, 'bytes');

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Limits and redaction of attribute values. */
export interface AttributeOptions {
  readonly args: ArgsStyle;
  /** Maximum length of a text, in characters: OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT. */
  readonly valueLength: number;
}

/** Encodes an attribute; `write` writes its AnyValue. */
function attribute(name: string, write: Part, outer: number = ATTRIBUTE): Part {
  const key = new Snippet(textField(KEY, name));
  return (record, out) => {
    const whole = open(out, outer);
    out.insert(key);
    const value = open(out, VALUE);
    write(record, out);
    close(out, value);
    close(out, whole);
  };
}

/** Truncates to `most` characters. */
const cut = (text: string, most: number) => (text.length <= most ? text : [...text].slice(0, most).join(''));

/** For each byte: 1 for ASCII. */
const ASCII = new Uint8Array(256).fill(1, 0, 0x80);

/**
 * Writes text of unknown origin. Invalid UTF-8 is replaced, because one such text makes a decoder refuse the whole
 * request. Returns false if something was replaced.
 */
function writeText(bytes: Uint8Array, start: number, end: number, most: number, out: OutputBuffer): boolean {
  const field = open(out, ANY.string);
  let isExact = true;
  if (end - start > most || out.copyWhile(bytes, start, end, ASCII) < end) {
    out.length = field;
    const text = bytes.subarray(start, end);
    isExact = isUtf8(text);
    if (isExact && end - start <= most) out.append(text);
    else {
      const lossy = decoder.decode(text);
      out.utf8(cut(lossy, most));
    }
  }
  close(out, field);
  return isExact;
}

/** Parses a decimal integer into two halves of 64 bits, exactly and without a BigInt. */
function readDecimal(bytes: Uint8Array, start: number, end: number): { low: number; high: number } {
  const isNegative = bytes[start] === 0x2d;
  let [low, high] = [0, 0];
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const next = low * 10 + (bytes[at] as number) - 0x30;
    high = (high * 10 + Math.floor(next / 0x1_0000_0000)) >>> 0;
    low = next >>> 0;
  }
  if (!isNegative) return { low, high };
  return { low: -low >>> 0, high: (low === 0 ? -high : ~high) >>> 0 };
}

/** Converts a column's ASCII to a number, with the end of `out` as scratch space. */
function numberOf(column: PlainColumn, record: EventRecord, out: OutputBuffer): { low: number; high: number } {
  const start = out.length;
  column.write(record, out);
  const number = readDecimal(out.bytes, start, out.length);
  out.length = start;
  return number;
}

function integer(column: PlainColumn): Part {
  return (record, out) => {
    const { low, high } = numberOf(column, record, out);
    out.byte(ANY.int);
    if (high === 0) varint(out, low);
    else varint64(out, low, high);
  };
}

/** Nanoseconds as seconds, the unit of the semantic conventions. */
function seconds(column: PlainColumn): Part {
  return (record, out) => {
    const { low, high } = numberOf(column, record, out);
    out.byte(ANY.double);
    double(out, (high * 0x1_0000_0000 + low) / 1e9);
  };
}

function string(column: PlainColumn, change: ((text: string) => string) | undefined, most: number): Part {
  return (record, out) => {
    const field = open(out, ANY.string);
    column.write(record, out);
    if (change || out.length - field > most) {
      const text = out.bytes.toString('utf8', field, out.length);
      out.length = field;
      out.utf8(cut(change ? change(text) : text, most));
    }
    close(out, field);
  };
}

function plainValue(column: PlainColumn, rule: AttributeRule, { valueLength }: AttributeOptions): Part {
  const { as } = detailsOf(rule);
  switch (column.json) {
    case 'integer':
      return column.unit === 'ns' ? seconds(column) : integer(column);
    case 'number':
      return (record, out) => {
        out.byte(ANY.double);
        double(out, Number(column.value(record)));
      };
    case 'boolean':
      return (record, out) => {
        out.byte(ANY.bool);
        out.byte(column.value(record) === true ? 1 : 0);
      };
    default:
      return column.isWide ? integer(column) : string(column, as && CHANGES[as], valueLength);
  }
}

function plainPart(
  column: PlainColumn,
  rule: AttributeRule,
  role: Column | undefined,
  options: AttributeOptions,
): Part {
  const value = plainValue(column, rule, options);
  const parts = namesOf(rule).map((name) => attribute(name, value));
  const { byRole } = detailsOf(rule);
  const further = new Map(Object.entries(byRole ?? {}).map(([key, name]) => [key, attribute(name, value)]));
  if (role && byRole) parts.push((record, out) => further.get(String(role.value(record)))?.(record, out));
  return (record, out) => {
    if (column.isPresent?.(record) === false) return;
    for (const part of parts) part(record, out);
  };
}

/** Companion attributes of a text or list: `<name>.bytes` (invalid UTF-8) and `<name>.truncated`. */
function beside(base: string) {
  return {
    truncated: attribute(`${base}.truncated`, (_record, out) => {
      out.byte(ANY.bool);
      out.byte(1);
    }),
    bytes: (write: Part) => attribute(`${base}.bytes`, write),
  };
}

function textPart(column: TextColumn, rule: AttributeRule, base: string, { valueLength }: AttributeOptions): Part {
  const span = new TextSpan();
  let isExact = true;
  const parts = namesOf(rule).map((name) =>
    attribute(name, (_record, out) => {
      isExact = writeText(span.bytes, span.start, span.end, valueLength, out);
    }),
  );
  const { truncated, bytes } = beside(base);
  const exact = bytes((_record, out) => {
    const field = open(out, ANY.bytes);
    out.copy(span.bytes, span.start, Math.min(span.end, span.start + valueLength));
    close(out, field);
  });
  return (record, out) => {
    if (column.isPresent?.(record) === false) return;
    column.locate(record, span);
    if (span.isMissing) return;
    for (const part of parts) part(record, out);
    if (!isExact) exact(record, out);
    if (span.isTruncated) truncated(record, out);
  };
}

const COUNT = 'process.args_count';

function listPart(column: ListColumn, rule: AttributeRule, base: string, options: AttributeOptions): Part {
  const list = new TextList();
  const isCommand = namesOf(rule).includes('process.command_args');
  const writeTexts = (out: OutputBuffer): void => {
    const texts = listTexts(list) ?? [];
    const array = open(out, ANY.array, 2);
    for (const text of isCommand && options.args === 'redacted' ? redactWords(texts) : texts) {
      const bytes = Buffer.from(text);
      const element = open(out, ELEMENT);
      writeText(bytes, 0, bytes.length, options.valueLength, out);
      close(out, element);
    }
    close(out, array, 2);
  };
  const writeMembers = (record: EventRecord, out: OutputBuffer): void => {
    const { bytes } = list.span;
    const members = open(out, ANY.list, 2);
    list.forEachMember((start, nameEnd, valueStart, end) => {
      const name = decoder.decode(bytes.subarray(start, nameEnd));
      attribute(name, () => writeText(bytes, valueStart, end, options.valueLength, out), ELEMENT)(record, out);
    });
    close(out, members, 2);
  };
  const parts = namesOf(rule).map((name) =>
    attribute(name, column.json === 'object' ? writeMembers : (_record, out) => writeTexts(out)),
  );
  const count = attribute(COUNT, (_record, out) => {
    out.byte(ANY.int);
    varint(out, list.count || (listTexts(list)?.length ?? 0));
  });
  const { truncated } = beside(base);
  return (record, out) => {
    column.locate(record, list);
    if (list.span.isMissing) return;
    if (!isCommand || options.args !== 'none') for (const part of parts) part(record, out);
    // The number of truncated arguments may be unknown.
    if (isCommand && (!list.span.isTruncated || list.count > 0)) count(record, out);
    if (list.span.isTruncated) truncated(record, out);
  };
}

/** Omits an attribute if the column in `unless` is present, or that in `with` is absent or 0. */
function conditional(part: Part, rule: AttributeRule, columns: readonly Column[]): Part {
  const { unless, with: needed } = detailsOf(rule);
  const [except, other] = [unless, needed].map((name) => columns.find((column) => column.name === name));
  if (!except && !other) return part;
  return (record, out) => {
    if ((except && isThere(except, record)) || (other && !isThere(other, record))) return;
    part(record, out);
  };
}

/** Whether a column has a value other than null and 0. */
export function isThere(column: Column, record: EventRecord): boolean {
  if (column.isPresent?.(record) === false) return false;
  const value = column.value(record);
  return value !== undefined && value !== null && value !== 0 && value !== 0n;
}

/** Encodes a column as attributes. */
export function attributePart(
  column: Column,
  columns: readonly Column[],
  event: string,
  mapping: OtlpMapping,
  options: AttributeOptions,
): Part {
  const rule = ruleOf(column.name, event, mapping);
  const base = `${OWN}${event}.${column.name}`;
  const role = columns.find(({ name }) => name === 'role');
  switch (column.kind) {
    case 'plain':
      return conditional(plainPart(column, rule, role, options), rule, columns);
    case 'text':
      return conditional(textPart(column, rule, base, options), rule, columns);
    case 'list':
      return conditional(listPart(column, rule, base, options), rule, columns);
    // Histograms are metrics.
    case 'histogram':
      return () => {};
  }
}

/** Encodes attributes with constant values, each of at most `most` characters. */
export function constantAttributes(
  constants: Readonly<Record<string, string>>,
  most = Number.POSITIVE_INFINITY,
): Uint8Array {
  const out = new OutputBuffer();
  const none = undefined as unknown as EventRecord;
  for (const [name, value] of Object.entries(constants)) {
    const text = Buffer.from(value);
    attribute(name, () => writeText(text, 0, text.length, most, out))(none, out);
  }
  return Uint8Array.from(out.take());
}
