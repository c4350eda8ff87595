/** The body of a log record: the event as one line of text, as a table shows it. */
import { type Column, type ListColumn, listTexts, TextList } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import type { Part } from '../output/memo.js';
import { writeShellWord } from '../output/shell-word.js';
import { shownText } from '../output/shown-text.js';
import { redactWords } from './redact/words.js';
import type { ArgsStyle } from './settings/flag-values.js';
import { close, open, tag } from './wire.js';

/** LogRecord.body and AnyValue.string_value. */
const BODY = tag(5, 'bytes');
const STRING = tag(1, 'bytes');
const BLANK = 0x20;

/** Words of a list, with likely secrets masked. */
function words(column: ListColumn, args: ArgsStyle): Part {
  const list = new TextList();
  return (record, out) => {
    column.locate(record, list);
    const texts = listTexts(list) ?? [];
    (args === 'redacted' ? redactWords(texts) : texts).forEach((text, i) => {
      const bytes = Buffer.from(text);
      if (i > 0) out.byte(BLANK);
      writeShellWord(bytes, 0, bytes.length, out);
    });
    if (list.span.isTruncated) out.ascii('...[truncated]');
  };
}

/** Writer of a column's value; undefined if the body has no such column. */
function value(column: Column, args: ArgsStyle): Part | undefined {
  switch (column.kind) {
    case 'plain':
      return (column.writeForPeople ?? column.write).bind(column);
    case 'text':
      return shownText(column, '?');
    case 'list':
      return column.json === 'object' || column.isBelow || args === 'none' ? undefined : words(column, args);
    case 'histogram':
      return undefined;
  }
}

/** Writes the body, such as `pid=1234 comm=cat path=/etc/hosts`. */
export function bodyPart(columns: readonly Column[], args: ArgsStyle): Part {
  const parts = columns.flatMap((column) => {
    const write = value(column, args);
    return write === undefined ? [] : [{ column, write, name: `${column.name}=` }];
  });
  const text = new OutputBuffer();
  return (record, out) => {
    text.length = 0;
    for (const { column, write, name } of parts) {
      if (column.isPresent?.(record) === false) continue;
      if (text.length > 0) text.byte(BLANK);
      text.ascii(name);
      write(record, text);
    }
    const body = open(out, BODY, 2);
    const string = open(out, STRING, 2);
    out.copy(text.bytes, 0, text.length);
    close(out, string, 2);
    close(out, body, 2);
  };
}
