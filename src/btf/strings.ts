/** The string section of BTF, after those of its bases: offsets are continuous. */
import { BtfError } from './error.js';

const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** Strings of one BTF, which contain its names. */
export class Strings {
  readonly #bytes: Buffer;
  readonly #base: Strings | undefined;
  /** Offset of the first own string. */
  readonly #first: number;
  /** Bytes of strings, including the base's. Equal to the first invalid offset. */
  readonly length: number;

  /** @param bytes empty, or ending with a NUL, as checked by `readRaw`. */
  constructor(bytes: Buffer, base: Strings | undefined) {
    this.#bytes = bytes;
    this.#base = base;
    this.#first = base?.length ?? 0;
    this.length = this.#first + bytes.length;
  }

  /**
   * Returns the string at an offset.
   *
   * @throws BtfError if the offset is out of range.
   */
  at(offset: number): string {
    if (offset < this.#first && this.#base) return this.#base.at(offset);
    if (offset >= this.length) throw new BtfError(`BTF: no string at offset ${offset} of ${this.length} bytes`);
    const start = offset - this.#first;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(0, start));
  }

  /** Whether the string at an offset is `name`; false if the offset is out of range. */
  isAt(offset: number, name: Buffer): boolean {
    if (offset < this.#first && this.#base) return this.#base.isAt(offset, name);
    const bytes = this.#bytes;
    const start = offset - this.#first;
    const end = start + name.length;
    // The first and the last byte distinguish most names without a call.
    if (bytes[start] !== name[0] || bytes[end] !== 0) return false;
    return bytes.compare(name, 0, name.length, start, end) === 0;
  }

  /** Hash of the string at an offset, equal to that of `hashOf`. */
  hashAt(offset: number): number {
    if (offset < this.#first && this.#base) return this.#base.hashAt(offset);
    return hashOf(this.#bytes, offset - this.#first);
  }
}

/** Hash (FNV-1a) of the bytes from `start` up to a NUL or the end. */
export function hashOf(bytes: Buffer, start = 0): number {
  let value = HASH_SEED;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) break;
    value = Math.imul(value ^ byte, HASH_PRIME);
  }
  // Tables use the low bits, which FNV mixes least.
  return value ^ (value >>> 15);
}
