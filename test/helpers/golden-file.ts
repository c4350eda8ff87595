/** Outputs kept as files: plain text, in which a diff shows each byte that has changed. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** UPDATE_GOLDEN=1 makes the current output the expected one. */
export const isUpdate = process.env.UPDATE_GOLDEN === '1';

/**
 * Characters that a terminal or an editor would not show: controls, formats such as a change of direction, separators.
 */
const INVISIBLE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;
const MARK = /[⟦⟧]/;
const TITLE = /^== (.*) ==\n/m;

/** Each line after a bar, so that none is mistaken for a title; invisible characters by number: `⟦1b⟧`. */
function visible(title: string, output: Uint8Array): string {
  assert.ok(isUtf8(output), `${title}: not UTF-8`);
  const text = Buffer.from(output).toString();
  assert.doesNotMatch(text, MARK, `${title}: has what marks an invisible character`);
  if (text === '') return '';
  const lines = text.replace(INVISIBLE, (character) => `⟦${character.codePointAt(0)?.toString(16)}⟧`).split('\n');
  const isEnded = lines.at(-1) === '';
  if (isEnded) lines.pop();
  return `${lines.map((line) => `|${line}\n`).join('')}${isEnded ? '' : '\\ no end of line\n'}`;
}

/** The outputs of a golden file, by their titles. */
export class GoldenSections {
  readonly #sections = new Map<string, string>();

  add(title: string, output: Uint8Array | string): void {
    assert.equal(this.#sections.has(title), false, `${title}: twice`);
    this.#sections.set(title, visible(title, Buffer.from(output)));
  }

  /** Compares with a file, or writes it. */
  check(file: URL): void {
    if (isUpdate) {
      const parts = [...this.#sections].map(([title, text]) => `== ${title} ==\n${text}`);
      writeFileSync(file, parts.join('\n'));
      return;
    }
    const hint = 'UPDATE_GOLDEN=1 writes the files anew';
    assert.ok(existsSync(file), `${file.pathname} is missing: ${hint}`);
    const [before, ...rest] = readFileSync(file, 'utf8').split(TITLE);
    assert.equal(before, '');
    const expected = new Map<string, string>();
    for (let i = 0; i < rest.length; i += 2) {
      // An empty line separates two sections.
      const text = i + 2 < rest.length ? rest[i + 1]?.replace(/\n$/, '') : rest[i + 1];
      expected.set(rest[i] as string, text as string);
    }
    assert.deepEqual([...this.#sections.keys()], [...expected.keys()], `the sections differ: ${hint}`);
    const changed = [...this.#sections].filter(([title, text]) => expected.get(title) !== text);
    if (changed.length === 0) return;
    const report = changed.map(([title, text]) => `${title}\n${difference(expected.get(title) ?? '', text)}`);
    assert.fail(`the output has changed (${hint}):\n${report.join('\n')}`);
  }
}

/** The differing lines, without common lines at the start and the end. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const part = (sign: string, lines: readonly string[]) =>
    lines.slice(start, lines.length - end).map((line) => `  ${sign}${line}`);
  return [...part('-', old), ...part('+', now)].join('\n');
}
