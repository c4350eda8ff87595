import assert from 'node:assert/strict';
import { characterWidth, cutText, displayWidth } from '../../src/output/display.js';
import { visibleText } from '../../src/output/visible.js';
import { randomBelow } from '../helpers/random.js';

describe('output: what people must see', () => {
  for (const [what, text, shown] of [
    ['nothing to escape', 'é ñ 日本 한글 ελ 🙂 ☃', 'é ñ 日本 한글 ελ 🙂 ☃'],
    ['an escape sequence and a line break', '\x1b[31mred\n', '\\x1b[31mred\\n'],
    ['a no-break space', 'a\u00a0b', 'a\\xa0b'],
    ['a filler of Hangul', '\u3164', '\\u3164'],
    ['other fillers', '\u115f\u1160\uffa0\u2800', '\\u115f\\u1160\\uffa0\\u2800'],
    ['other blanks', '\u2003\u202f\u3000', '\\u2003\\u202f\\u3000'],
    ['what joins, or is as wide as nothing', '\u200b\u200d\u2060\ufeff', '\\u200b\\u200d\\u2060\\ufeff'],
    ['what turns a line around', '\u202e\u2066\u061c', '\\u202e\\u2066\\u061c'],
    ['selectors of variants', 'a\ufe0fb\u{e0101}', 'a\\ufe0fb\\u{e0101}'],
    ['private use, and no character at all', '\ue000\uffff\u{10ffff}', '\\ue000\\uffff\\u{10ffff}'],
    ['a mark on a letter', 'e\u0301', 'e\u0301'],
    ['a mark on nothing', '\u0301a \u0301', '\\u0301a \\u0301'],
    ['a heap of marks', `a${'\u0301'.repeat(6)}`, `a${'\u0301'.repeat(4)}\\u0301\\u0301`],
  ] as const)
    it(`has ${what}`, () => assert.equal(visibleText(text), shown));

  it('of all characters, none that is shown as it is is blank or hidden', () => {
    for (let code = 0x21; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      const isShown = visibleText(character) === character;
      if (isShown) assert.doesNotMatch(character, /[\s\p{C}\p{Z}\p{DI}\u2800]/u, code.toString(16));
      else assert.match(visibleText(character), /^\\(x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]{5,6}\})$/);
    }
  });
});

describe('output: how wide text is', () => {
  for (const [text, width] of [
    ['abc', 3],
    ['日本', 4],
    ['ｶﾅ', 2],
    ['Ａ', 2],
    ['🙂', 2],
    ['e\u0301', 1],
    // Korean as macOS has it in names of files: one syllable.
    ['\u1112\u1161\u11ab', 2],
    ['…│└', 3],
  ] as const)
    it(`${text} takes ${width}`, () => assert.equal(displayWidth(text), width));

  it('cuts with a mark, and to no more than there is room for', () => {
    assert.equal(cutText('abcdef', 6), 'abcdef');
    assert.equal(cutText('abcdef', 4), 'abc…');
    assert.equal(cutText('日本語', 4), '日…');
    assert.equal(cutText('[2001:db8::1]:443', 12, 5), '[2001:…]:443');
    assert.equal(cutText('abc', 1), '…');
    assert.equal(cutText('abc', 0), '');
  });

  it('cuts anything, anywhere', () => {
    const random = randomBelow(5);
    const pieces = ['a', 'é', '日', '🙂', 'e\u0301', '\u1112\u1161\u11ab', '\\x1b'];
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('');
      const [width, last] = [random(40), random(12)];
      const shown = cutText(text, width, last);
      assert.ok(displayWidth(shown) <= width, `${text} in ${width}: ${shown}`);
      assert.equal(shown === text, displayWidth(text) <= width, `${text} in ${width}`);
      if (shown === text || width === 0) continue;
      const [front, back] = shown.split('…') as [string, string];
      assert.ok(text.startsWith(front) && text.endsWith(back) && front.length + back.length < text.length);
      assert.notEqual(characterWidth([...`${back}a`][0] as string), 0, 'a mark stands alone');
    }
  });
});
