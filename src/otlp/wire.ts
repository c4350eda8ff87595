/** Encoding of Protocol Buffers, directly into an OutputBuffer: protobuf.dev/programming-guides/encoding. */
import type { OutputBuffer } from '../events/output-buffer.js';

/** Wire types. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The tag of a field as one byte, for field numbers up to 15. */
export const tag = (field: number, wire: keyof typeof WIRE) => (field << 3) | WIRE[wire];

/** Writes a non-negative safe integer. */
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

/** Writes 64 bits, given as two halves. */
export function varint64(out: OutputBuffer, low: number, high: number): void {
  let [lower, upper] = [low >>> 0, high >>> 0];
  while (upper > 0) {
    out.byte(0x80 | (lower & 0x7f));
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  varint(out, lower);
}

/** Writes 64 bits, given as two halves, in little-endian order. */
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
 * Begins a length-delimited field, with `room` bytes for the length. Returns its start, for close(). Use a room of 2 if
 * it is mostly longer than 127 bytes.
 */
export function open(out: OutputBuffer, fieldTag: number, room: 1 | 2 = 1): number {
  out.byte(fieldTag);
  out.reserve(room);
  out.length += room;
  return out.length;
}

/**
 * Writes the length of the field begun at `start`, and moves its content if the length needs more or fewer bytes than
 * `room`.
 */
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

/** Tag and length of a field of `size` bytes. */
export function prefix(field: number, size: number): Uint8Array {
  const head = [tag(field, 'bytes')];
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) head.push(0x80 | (rest & 0x7f));
  return Uint8Array.of(...head, rest);
}

/** A field of bytes or of an encoded message, with tag and length. */
export const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([prefix(field, bytes.length), bytes]);

/** A field of text with tag and length, for repeated use. */
export const textField = (field: number, text: string): Uint8Array => bytesField(field, Buffer.from(text));
