import { isUtf8 } from 'node:buffer';
import type { OutputBuffer } from '../events/output-buffer.js';
import { displayWidth } from './display.js';
import { hex, terminalEscape, UNSEEN } from './visible.js';

// A byte order mark is an ordinary character of a name.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Table of bytes: 1 for those copied unchanged, which are ASCII other than control characters and `special`. */
const plainBytes = (special: string) =>
  Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 0x20 || byte >= 0x7f || special.includes(String.fromCharCode(byte)) ? 0 : 1,
  );
const PLAIN_IN_JSON = plainBytes('"\\');
const PLAIN_ON_TERMINAL = plainBytes('\\');

/**
 * Characters that JSON allows but that control a terminal or reorder a line: control and format characters, line
 * separators.
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Characters escaped for people, including the backslash; the same between $' and '. */
const SPECIAL = new RegExp(`\\\\|${UNSEEN.source}`, 'gu');
const SPECIAL_IN_SHELL = new RegExp(`[\\\\']|${UNSEEN.source}`, 'gu');

/** Escapes of JSON, by UTF-16 code unit. */
const jsonEscape = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${hex(text.charCodeAt(i), 4)}`).join('');

/** Writes bytes as a JSON string. Returns false if they are not UTF-8: invalid parts are replaced by U+FFFD. */
export function writeJsonString(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): boolean {
  out.byte(0x22);
  const plain = out.copyWhile(bytes, start, end, PLAIN_IN_JSON);
  let isExact = true;
  if (plain < end) {
    const rest = bytes.subarray(plain, end);
    isExact = isUtf8(rest);
    const quoted = JSON.stringify(decoder.decode(rest));
    out.utf8(quoted.slice(1, -1).replace(HOSTILE, jsonEscape));
  }
  out.byte(0x22);
  return isExact;
}

/** Length of the valid UTF-8 character at `at`; 0 if it is invalid. */
function validLength(bytes: Uint8Array, at: number, end: number): number {
  for (let size = 1; size <= 4 && at + size <= end; size++) if (isUtf8(bytes.subarray(at, at + size))) return size;
  return 0;
}

/** Escape for a shell's $'...', where \x is a byte, braces are not supported, and a quote ends the string. */
function shellEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "'") return "\\'";
  if (code > 0xffff) return `\\U${hex(code, 8)}`;
  return code >= 0x80 ? `\\u${hex(code, 4)}` : terminalEscape(character);
}

/** Whether bytes are UTF-8 that a terminal shows unchanged. */
export function isHarmless(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && decoder.decode(bytes).search(UNSEEN) < 0;
}

/**
 * Escapes bytes for use between $' and ' in a shell. They keep their meaning and contain nothing that controls a
 * terminal.
 */
export function shellText(bytes: Uint8Array): string {
  return harmless(bytes, 0, bytes.length, SPECIAL_IN_SHELL, shellEscape);
}

/** Escapes bytes beyond plain ASCII: slow, and rare. */
function harmless(
  bytes: Uint8Array,
  start: number,
  end: number,
  special = SPECIAL,
  escaped: (character: string) => string = terminalEscape,
): string {
  const all = bytes.subarray(start, end);
  if (isUtf8(all)) return decoder.decode(all).replace(special, escaped);
  let text = '';
  for (let at = start; at < end; ) {
    const size = validLength(bytes, at, end);
    if (size === 0) {
      text += `\\x${hex(bytes[at] as number, 2)}`;
      at++;
      continue;
    }
    const character = decoder.decode(bytes.subarray(at, at + size));
    text += character.replace(special, escaped);
    at += size;
  }
  return text;
}

/**
 * Writes bytes so that a terminal shows all of them and interprets none: control and invisible characters, invalid
 * UTF-8 and backslashes are escaped. Returns the width in columns.
 */
export function writeTerminalText(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): number {
  const plain = out.copyWhile(bytes, start, end, PLAIN_ON_TERMINAL);
  if (plain === end) return plain - start;
  // A mark may belong to the preceding character.
  const from = Math.max(start, plain - 1);
  out.length -= plain - from;
  const text = harmless(bytes, from, end);
  out.utf8(text);
  return from - start + displayWidth(text);
}
