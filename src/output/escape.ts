import { isUtf8 } from 'node:buffer';
import type { OutputBuffer } from '../events/output-buffer.js';
import { displayWidth } from './display.js';
import { hex, terminalEscape, UNSEEN } from './visible.js';

// A byte order mark is a character of a name like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** For each byte: 1 where it may be copied as it is, so ASCII that is neither a control character nor one of these. */
const plainBytes = (special: string) =>
  Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 0x20 || byte >= 0x7f || special.includes(String.fromCharCode(byte)) ? 0 : 1,
  );
const PLAIN_IN_JSON = plainBytes('"\\');
const PLAIN_ON_TERMINAL = plainBytes('\\');

/** What is harmless in JSON but drives a terminal or reorders a line: control and format characters, line separators. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What people are shown escaped, what escapes begin with among it; and for between $' and '. */
const SPECIAL = new RegExp(`\\\\|${UNSEEN.source}`, 'gu');
const SPECIAL_IN_SHELL = new RegExp(`[\\\\']|${UNSEEN.source}`, 'gu');

/** JSON's escape, for UTF-16 code units. */
const jsonEscape = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${hex(text.charCodeAt(i), 4)}`).join('');

/**
 * Writes bytes as a JSON string. Returns false when they are not UTF-8: what was written is then only
 * close to them, with U+FFFD in the places where they are not.
 */
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

/** How many bytes of valid UTF-8 start at `at`: 0 when it is not valid there. */
function validLength(bytes: Uint8Array, at: number, end: number): number {
  for (let size = 1; size <= 4 && at + size <= end; size++) if (isUtf8(bytes.subarray(at, at + size))) return size;
  return 0;
}

/** The same for $'...' of a shell, where \x is a byte, there are no braces, and a quote ends it. */
function shellEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "'") return "\\'";
  if (code > 0xffff) return `\\U${hex(code, 8)}`;
  return code >= 0x80 ? `\\u${hex(code, 4)}` : terminalEscape(character);
}

/** Whether bytes are UTF-8 that a terminal shows as it is. */
export function isHarmless(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && decoder.decode(bytes).search(UNSEEN) < 0;
}

/** Bytes for between $' and ' of a shell: they mean the same there, and no terminal obeys them. */
export function shellText(bytes: Uint8Array): string {
  return harmless(bytes, 0, bytes.length, SPECIAL_IN_SHELL, shellEscape);
}

/** Bytes that are not plain ASCII, made harmless: slow, and rare. */
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
 * Writes bytes so that a terminal shows them all and obeys none: control and invisible characters, invalid UTF-8 and
 * backslashes are escaped. Returns how many columns it takes.
 */
export function writeTerminalText(bytes: Uint8Array, start: number, end: number, out: OutputBuffer): number {
  const plain = out.copyWhile(bytes, start, end, PLAIN_ON_TERMINAL);
  if (plain === end) return plain - start;
  // A mark may belong to the character before it.
  const from = Math.max(start, plain - 1);
  out.length -= plain - from;
  const text = harmless(bytes, from, end);
  out.utf8(text);
  return from - start + displayWidth(text);
}
