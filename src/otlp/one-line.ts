/** Maximum number of characters: an error may be a page of HTML. */
const LONGEST = /^.{0,300}/su;

/** Characters that control a terminal or break the line, and adjacent blanks. */
const HOSTILE = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Reduces text of unknown origin to one short line without control characters. */
export function oneLine(text: string): string {
  const line = text.replace(HOSTILE, ' ').trim();
  const [start = ''] = LONGEST.exec(line) ?? [];
  return start.length < line.length ? `${start}...` : line;
}
