import { type EventRecord, type TextColumn, TextSpan } from '../events/column.js';
import type { OutputBuffer } from '../events/output-buffer.js';
import { writeTerminalText } from './escape.js';

/**
 * Writes somebody else's bytes so that people can read them and no terminal obeys them, with what is to be said of them
 * around, such as that they were cut; `missing` stands for what the kernel could not read. Returns how many columns
 * that takes.
 */
export function shownText(column: TextColumn, missing: string): (record: EventRecord, out: OutputBuffer) => number {
  const span = new TextSpan();
  return (record, out) => {
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
