import { type Column, type EventRecord, type PlainColumn, type TextColumn, TextSpan } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeJsonString } from './escape.js';
import type { Format, Loss, Opening } from './format.js';
import { memoized, type Part } from './memo.js';

const BRACE = 0x7d;
const NEWLINE = 0x0a;
const QUOTE = 0x22;

function plainMember(column: PlainColumn): Part {
  const key = `,"${column.name}":`;
  const write: Part =
    column.json === 'string'
      ? (record, out) => {
          out.byte(QUOTE);
          column.write(record, out);
          out.byte(QUOTE);
        }
      : (record, out) => column.write(record, out);
  return (record, out) => {
    if (column.isPresent?.(record) === false) return;
    out.ascii(key);
    write(record, out);
  };
}

/** The text; beside it, only where they say something, `<name>_base64` with the exact bytes and `<name>_truncated`. */
function textMember(column: TextColumn): Part {
  const span = new TextSpan();
  const key = `,"${column.name}":`;
  const base64Key = `,"${column.name}_base64":"`;
  const truncatedMember = `,"${column.name}_truncated":true`;
  return (record, out) => {
    column.locate(record, span);
    out.ascii(key);
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

/** One JSON object a line, whose first member `event` names its kind. */
export class JsonFormat implements Format {
  readonly #head: string;
  readonly #members: readonly Part[];

  constructor(event: string, columns: readonly Column[]) {
    this.#head = `{"event":"${event}"`;
    const members = columns.map((column) => (column.kind === 'plain' ? plainMember(column) : textMember(column)));
    this.#members = memoized(columns, members);
  }

  begin(out: OutputBuffer, opening?: Opening): void {
    if (opening) out.utf8(`${JSON.stringify({ event: 'start', time: new Date().toISOString(), ...opening })}\n`);
  }

  event(record: EventRecord, out: OutputBuffer): void {
    out.ascii(this.#head);
    for (const member of this.#members) member(record, out);
    out.byte(BRACE);
    out.byte(NEWLINE);
  }

  lost(loss: Loss, out: OutputBuffer): void {
    out.utf8(`${JSON.stringify({ event: 'lost', time: new Date().toISOString(), ...loss })}\n`);
  }
}
