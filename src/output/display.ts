import { eastAsianWidth } from 'get-east-asian-width';

/*
 * Width of escaped text (src/output/visible.ts) in columns of the terminal. Used only for text beyond ASCII, hence not
 * for most events.
 */

/** Korean vowels and final consonants, which belong to the syllable of the preceding character. */
const isJamoEnd = (code: number) => (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7ff);

/** Marks drawn over or around the preceding character. */
const MARK = /^[\p{Mn}\p{Me}]$/u;

/** Width of a character in columns of the terminal. */
export function characterWidth(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  return MARK.test(character) || isJamoEnd(code) ? 0 : eastAsianWidth(code);
}

/** Width of escaped text in columns of the terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const ELLIPSIS = '…';

/** The start of a text, up to `width` columns. */
function head(characters: readonly string[], width: number): string {
  let [taken, left] = ['', width];
  for (const character of characters) {
    left -= characterWidth(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

/** The end of a text, up to `width` columns. */
function tail(characters: readonly string[], width: number): string {
  let [at, left] = [characters.length, width];
  for (; at > 0; at--) {
    left -= characterWidth(characters[at - 1] as string);
    if (left < 0) break;
  }
  // A mark must not appear without its character.
  while (at < characters.length && characterWidth(characters[at] as string) === 0) at++;
  return characters.slice(at).join('');
}

/**
 * Truncates a text to `width` columns with an ellipsis, which replaces its end, or the part before its last `last`
 * columns.
 */
export function cutText(text: string, width: number, last = 0): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  const characters = [...text];
  const kept = Math.min(last, width - 1);
  return `${head(characters, width - 1 - kept)}${ELLIPSIS}${tail(characters, kept)}`;
}
