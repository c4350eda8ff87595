import { counted } from '../counted.js';
import { type EventRecord, type ListColumn, type TextColumn, TextList, TextSpan } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeTerminalText } from './escape.js';
import { writeShellWord } from './shell-word.js';

const BLANK = 0x20;

/**
 * Writes untrusted bytes readably and so that no terminal interprets them, with a mark if they were truncated;
 * `missing` replaces text that the kernel could not read. Returns the width in columns.
 */
export function shownText(column: TextColumn, missing: string): (record: EventRecord, out: OutputBuffer) => number {
  const span = new TextSpan();
  const { isPresent } = column;
  return (record, out) => {
    if (isPresent?.(record) === false) return 0;
    column.locate(record, span);
    if (span.isMissing) {
      out.ascii(missing);
      return missing.length;
    }
    out.ascii(span.before);
    const width = writeTerminalText(span.bytes, span.start, span.end, out);
    out.ascii(span.after);
    return span.before.length + width + span.after.length;
  };
}

/**
 * Writes words in a shell's syntax, so that a line can be copied and run, with a mark if some are missing. Returns the
 * width in columns.
 */
export function shownList(column: ListColumn, missing: string): (record: EventRecord, out: OutputBuffer) => number {
  const list = new TextList();
  const first = new TextSpan();
  return (record, out) => {
    column.locate(record, list);
    const { span, count, size } = list;
    if (span.isMissing) {
      out.ascii(missing);
      return missing.length;
    }
    let [shown, width] = [0, 0];
    const write = (bytes: Uint8Array, start: number, end: number) => {
      if (shown > 0) out.byte(BLANK);
      width += (shown > 0 ? 1 : 0) + writeShellWord(bytes, start, end, out);
      shown++;
    };
    let isReplaced = column.locateFirst?.(record, first) === true;
    if (isReplaced) write(first.bytes, first.start, first.end);
    list.forEach((start, end) => {
      if (isReplaced) isReplaced = false;
      else write(span.bytes, start, end);
    });
    if (!span.isTruncated) return width;
    const total = [...(count > 0 ? [counted(count, 'word')] : []), ...(size > 0 ? [counted(size, 'byte')] : [])].join(
      ', ',
    );
    const note = `...[truncated${total && `: ${total} in all`}]`;
    out.ascii(note);
    return width + note.length;
  };
}
