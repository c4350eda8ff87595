/** Characters that are shown at the most: an error may be a page of HTML. */
const LONGEST = /^.{0,300}/su;

/** What drives a terminal or breaks the line, and the blanks around it. */
const HOSTILE = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Makes one short line, which drives no terminal, of what anybody said. */
export function oneLine(text: string): string {
  const line = text.replace(HOSTILE, ' ').trim();
  const [start = ''] = LONGEST.exec(line) ?? [];
  return start.length < line.length ? `${start}...` : line;
}
