/** What people must see of text that somebody else chose, and what no terminal may obey. */

/**
 * What a table shows escaped: what drives a terminal or reorders a line (control and format characters, separators),
 * what nobody sees or takes for a blank (no-break spaces, fillers, variation selectors), what has no looks of its own
 * (private use, not assigned), nor a width that is known; and a mark that has nothing to stand on, or stands on many.
 */
export const UNSEEN =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?:(?<![\p{L}\p{N}\p{P}\p{S}\p{M}])|(?<=\p{M}{4}))[\p{Mn}\p{Me}]/gu;

export const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** A character as `\n`, `\x1b`, `\u202e` or `\u{e0001}`. */
export function terminalEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${hex(code, 5)}}`;
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

/** Text for people, such as a message with words of a command line: what a terminal would obey, or not show, is escaped. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, terminalEscape);
}
