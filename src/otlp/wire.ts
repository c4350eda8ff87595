/** The encoding of protocol buffers, straight into an OutputBuffer: protobuf.dev/programming-guides/encoding. */
import type { OutputBuffer } from '../events/output-buffer.js';

/** How a value stands in a message. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** What stands in front of a field, as one byte: for fields up to 15. */
export const tag = (field: number, wire: keyof typeof WIRE) => (field << 3) | WIRE[wire];

/** A non-negative integer that a double holds exactly. */
export function varint(out: OutputBuffer, value: number): void {
  let rest = value;
  while (rest > 0x7fffffff) {
    out.byte(0x80 | (rest % 128));
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    out.byte(0x80 | (rest & 0x7f));
    rest >>>= 7;
  }
  out.byte(rest);
}

/** 64 bits in two halves. */
export function varint64(out: OutputBuffer, low: number, high: number): void {
  let [lower, upper] = [low >>> 0, high >>> 0];
  while (upper > 0) {
    out.byte(0x80 | (lower & 0x7f));
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  varint(out, lower);
}

/** 64 bits in two halves, the lower one first. */
export function fixed64(out: OutputBuffer, low: number, high: number): void {
  out.reserve(8);
  out.bytes.writeUInt32LE(low >>> 0, out.length);
  out.bytes.writeUInt32LE(high >>> 0, out.length + 4);
  out.length += 8;
}

export function double(out: OutputBuffer, value: number): void {
  out.reserve(8);
  out.bytes.writeDoubleLE(value, out.length);
  out.length += 8;
}

/**
 * Begins what has its length in front, with room for so many bytes of that; returns where it starts, for close().
 * What is mostly longer than 127 bytes should have two.
 */
export function open(out: OutputBuffer, fieldTag: number, room: 1 | 2 = 1): number {
  out.byte(fieldTag);
  out.reserve(room);
  out.length += room;
  return out.length;
}

/** Writes the length of what was written since `start`, and moves that where the length needs another room. */
export function close(out: OutputBuffer, start: number, room: 1 | 2 = 1): void {
  const size = out.length - start;
  const needed = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x20_0000 ? 3 : size < 0x1000_0000 ? 4 : 5;
  if (needed !== room) {
    out.reserve(needed);
    out.bytes.copyWithin(start - room + needed, start, out.length);
  }
  out.length = start - room;
  varint(out, size);
  out.length = start - room + needed + size;
}

/** What stands in front of so many bytes: the tag of their field, and their number. */
export function prefix(field: number, size: number): Uint8Array {
  const head = [tag(field, 'bytes')];
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) head.push(0x80 | (rest & 0x7f));
  return Uint8Array.of(...head, rest);
}

/** Bytes, or a message that is encoded already, with tag and length. */
export const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([prefix(field, bytes.length), bytes]);

/** A text with its tag and length, as bytes to be written again and again. */
export const textField = (field: number, text: string): Uint8Array => bytesField(field, Buffer.from(text));
