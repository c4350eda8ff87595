import type { OutputBuffer } from '../events/output-buffer.js';
import { displayWidth } from './display.js';
import { isHarmless, shellText } from './escape.js';

/** Characters without a special meaning to shells, anywhere in a word. */
const SAFE = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9_@%+=:,./-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * Writes bytes as one word of a shell: unchanged if nothing in them is special, otherwise in quotes, or as $'...'
 * (bash, zsh, ksh and POSIX.1-2024) if a terminal might hide or interpret them. Returns the width in columns.
 */
export function writeShellWord(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): number {
  let safe = start;
  while (safe < end && SAFE[bytes[safe] as number] === 1) safe++;
  if (safe === end && start < end) {
    out.copy(bytes, start, end);
    return end - start;
  }
  const word = bytes.subarray(start, end);
  const text = isHarmless(word)
    ? `'${Buffer.from(word).toString().replaceAll("'", "'\\''")}'`
    : `$'${shellText(word)}'`;
  out.utf8(text);
  return displayWidth(text);
}
