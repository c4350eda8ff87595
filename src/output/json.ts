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

/** The text; beside it, only where they say something, `<name>_base64` with the exact bytes and `<name>_truncated`. */
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
 * The texts, in an array or as members of an object. Beside them, only where they say something: `<name>_base64` with
 * the exact bytes of all, and where some are missing `<name>_truncated`, with `<name>_count` and `<name>_size` for how
 * many there were in how many bytes, if that is known.
 */
function listMember(column: ListColumn): Part {
  const list = new TextList();
  const { name } = column;
  const isObject = column.json === 'object';
  const [open, close] = isObject ? ['{', '}'] : ['[', ']'];
  /** Writes each text, or each member, by `write`, which returns whether it could do so exactly. */
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

/** The bounds and the counts are never as large as 2^53; the sum may be, and so it is a string, as is every such number. */
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

/** One JSON object a line, whose first member `event` names its kind. */
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
