import {
  type Column,
  type EventRecord,
  type HistogramColumn,
  type ListColumn,
  type PlainColumn,
  type TextColumn,
  TextList,
  TextSpan,
} from '../events/column.js';
import { type OutputBuffer, Snippet } from '../events/output-buffer.js';
import { writeJsonString } from './escape.js';
import type { Format, Loss, Opening } from './format.js';
import { memoized, type Part } from './memo.js';

const BRACE = 0x7d;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

function plainMember(column: PlainColumn): Part {
  const isString = column.json === 'string';
  const before = new Snippet(`,"${column.name}":${isString ? '"' : ''}`);
  return (record, out) => {
    if (column.isPresent?.(record) === false) return;
    out.insert(before);
    column.write(record, out);
    if (isString) out.byte(QUOTE);
  };
}

/** The text; if necessary, also `<name>_base64` with the exact bytes and `<name>_truncated`. */
function textMember(column: TextColumn): Part {
  const span = new TextSpan();
  const key = new Snippet(`,"${column.name}":`);
  const base64Key = `,"${column.name}_base64":"`;
  const truncatedMember = `,"${column.name}_truncated":true`;
  const { isPresent } = column;
  return (record, out) => {
    if (isPresent?.(record) === false) return;
    column.locate(record, span);
    out.insert(key);
    if (span.isMissing) {
      out.ascii('null');
      return;
    }
    if (!writeJsonString(span.bytes, span.start, span.end, out)) {
      out.ascii(base64Key);
      out.ascii(Buffer.from(span.bytes.subarray(span.start, span.end)).toString('base64'));
      out.byte(QUOTE);
    }
    if (span.isTruncated) out.ascii(truncatedMember);
  };
}

/**
 * The texts, as an array or members of an object. If necessary, also `<name>_base64` with the exact bytes of all, and
 * for a truncated list `<name>_truncated`, with its original `<name>_count` and `<name>_size` in bytes if known.
 */
function listMember(column: ListColumn): Part {
  const list = new TextList();
  const { name } = column;
  const isObject = column.json === 'object';
  const [open, close] = isObject ? ['{', '}'] : ['[', ']'];
  /** Writes each text or member by `write`, which returns whether the result is exact. */
  const writeAll = (out: OutputBuffer, write: (start: number, end: number) => boolean): boolean => {
    const { bytes } = list.span;
    let [isExact, isFirst] = [true, true];
    const separate = () => {
      if (!isFirst) out.byte(COMMA);
      isFirst = false;
    };
    out.ascii(open);
    if (isObject)
      list.forEachMember((start, nameEnd, valueStart, end) => {
        separate();
        writeJsonString(bytes, start, nameEnd, out);
        out.byte(COLON);
        if (!write(valueStart, end)) isExact = false;
      });
    else
      list.forEach((start, end) => {
        separate();
        if (!write(start, end)) isExact = false;
      });
    out.ascii(close);
    return isExact;
  };
  return (record, out) => {
    column.locate(record, list);
    const { bytes, isMissing, isTruncated } = list.span;
    out.ascii(`,"${name}":`);
    if (isMissing) {
      out.ascii('null');
      return;
    }
    if (!writeAll(out, (start, end) => writeJsonString(bytes, start, end, out))) {
      out.ascii(`,"${name}_base64":`);
      writeAll(out, (start, end) => {
        out.ascii(`"${Buffer.from(bytes.subarray(start, end)).toString('base64')}"`);
        return true;
      });
    }
    if (!isTruncated) return;
    out.ascii(`,"${name}_truncated":true`);
    if (list.count > 0) out.ascii(`,"${name}_count":${list.count}`);
    if (list.size > 0) out.ascii(`,"${name}_size":${list.size}`);
  };
}

/** Bounds and counts are below 2^53. The sum may be larger and is therefore a string, like all such numbers. */
function histogramMember(column: HistogramColumn): Part {
  const key = `,"${column.name}":`;
  return (record, out) => {
    const histogram = column.value(record);
    out.ascii(key);
    out.ascii(JSON.stringify({ ...histogram, sum: String(histogram.sum) }));
  };
}

function memberOf(column: Column): Part {
  switch (column.kind) {
    case 'plain':
      return plainMember(column);
    case 'text':
      return textMember(column);
    case 'list':
      return listMember(column);
    case 'histogram':
      return histogramMember(column);
  }
}

/** One JSON object per line. Its first member `event` names its kind. */
export class JsonFormat implements Format {
  readonly #head: Snippet;
  readonly #members: readonly Part[];

  constructor(event: string, columns: readonly Column[]) {
    this.#head = new Snippet(`{"event":"${event}"`);
    this.#members = memoized(columns, columns.map(memberOf));
  }

  begin(out: OutputBuffer, opening?: Opening): void {
    if (opening) out.utf8(`${JSON.stringify({ event: 'start', time: new Date().toISOString(), ...opening })}\n`);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    out.insert(this.#head);
    for (const member of this.#members) member(record, out);
    out.byte(BRACE);
    out.byte(NEWLINE);
  }

  lost(loss: Loss, out: OutputBuffer): void {
    out.utf8(`${JSON.stringify({ event: 'lost', time: new Date().toISOString(), ...loss })}\n`);
  }
}
