import { eastAsianWidth } from 'get-east-asian-width';

/*
 * How many columns of a terminal a text takes that has been made harmless: src/output/visible.ts. Only for what is not
 * ASCII, and so not on the path of a usual event.
 */

/** Vowels and final consonants of Korean, which are drawn into the syllable that the character before begins. */
const isJamoEnd = (code: number) => (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7ff);

/** What is drawn over or around the character before it. */
const MARK = /^[\p{Mn}\p{Me}]$/u;

/** How many columns of a terminal a character takes. */
export function characterWidth(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  return MARK.test(character) || isJamoEnd(code) ? 0 : eastAsianWidth(code);
}

/** How many columns a text takes that has been made harmless. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const ELLIPSIS = '…';

/** As much of a text from its start as `width` columns have. */
function head(characters: readonly string[], width: number): string {
  let [taken, left] = ['', width];
  for (const character of characters) {
    left -= characterWidth(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

/** As much of a text from its end. */
function tail(characters: readonly string[], width: number): string {
  let [at, left] = [characters.length, width];
  for (; at > 0; at--) {
    left -= characterWidth(characters[at - 1] as string);
    if (left < 0) break;
  }
  // A mark does not stand without what it belongs to.
  while (at < characters.length && characterWidth(characters[at] as string) === 0) at++;
  return characters.slice(at).join('');
}

/** A text in so many columns: where it has more it is cut, with a mark, at its end; or so that its last columns stay. */
export function cutText(text: string, width: number, last = 0): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  const characters = [...text];
  const kept = Math.min(last, width - 1);
  return `${head(characters, width - 1 - kept)}${ELLIPSIS}${tail(characters, kept)}`;
}
