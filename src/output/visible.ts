/** Escaping of untrusted text for people and terminals. */

/**
 * Characters that tables escape: those that control a terminal or reorder a line (control and format characters,
 * separators), invisible ones and those that look like a blank (no-break spaces, fillers, variation selectors), those
 * without a defined appearance or width (private use, unassigned), and marks without a base character, or too many on
 * one.
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

/**
 * Escapes text for people, such as a message with words of a command line, where a terminal would interpret or hide it.
 */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, terminalEscape);
}
