/** Enough for a quiet stream. */
const FIRST_SIZE = 64 << 10;
/** Memory for a busy one: who writes events hands it over before it is full. */
export const BUSY_SIZE = 256 << 10;
/** As long or longer, one call that copies is faster than a loop. */
const LONG_RUN = 48;
/** As long or longer, words are quicker than bytes. */
const WORD_RUN = 16;
const WORD = 4;
const MAX_INT32 = 0x7fffffff;
const HIGHEST_BITS = 0x80808080;
const ONES = 0x01010101;

/** Not 0 where one of the four bytes of a word is. */
const hasZero = (word: number) => (word - ONES) & ~word & HIGHEST_BITS;

/** True if every output may copy all four bytes of a word: ASCII without control characters, `"` and `\`. */
function isHarmlessWord(word: number): boolean {
  const isControl = (word - 0x20202020) & ~word & HIGHEST_BITS;
  const isSpecial = hasZero(word ^ 0x22222222) | hasZero(word ^ 0x5c5c5c5c) | hasZero(word ^ 0x7f7f7f7f);
  return ((word & HIGHEST_BITS) | isControl | isSpecial) === 0;
}

/** Bytes that are written many times. */
export class Snippet {
  readonly bytes: Uint8Array;
  /** A short snippet as words, padded with zeros: four bytes are stored at once. */
  readonly words: Int32Array;

  /** Takes bytes, or text in ASCII. */
  constructor(content: Uint8Array | string) {
    this.bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : Uint8Array.from(content);
    const view = Buffer.alloc(Math.ceil(content.length / WORD) * WORD);
    view.set(this.bytes);
    this.words = new Int32Array(this.bytes.length < LONG_RUN ? view.length / WORD : 0);
    for (let i = 0; i < this.words.length; i++) this.words[i] = view.readInt32LE(i * WORD);
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);

/**
 * Bytes that are put together for an output. Numbers and ASCII go in without an intermediate string; the
 * buffer grows as needed and is handed over whole.
 */
export class OutputBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #view = viewOf(this.#bytes);
  /** Source of the last copy, and a view of it. */
  #source: Uint8Array = this.#bytes;
  #sourceView = this.#view;
  length = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  #setBytes(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** Makes sure that `size` more bytes fit. */
  reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(BUSY_SIZE, this.#bytes.length * 2, this.length + size));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#setBytes(larger);
  }

  /** One byte. */
  byte(value: number): void {
    this.reserve(1);
    this.#bytes[this.length++] = value;
  }

  // The loops below work on local variables: after a store the compiler must load a property anew.

  /** Appends a prepared snippet: the fastest way. */
  insert({ bytes, words }: Snippet): void {
    // The last word may reach beyond the end, where nothing is yet.
    this.reserve(bytes.length + WORD);
    const view = this.#view;
    let at = this.length;
    if (words.length === 0) this.#bytes.set(bytes, at);
    else for (let i = 0; i < words.length; i++, at += WORD) view.setInt32(at, words[i] as number, true);
    this.length += bytes.length;
  }

  /** Text that is known to be ASCII. */
  ascii(text: string): void {
    const size = text.length;
    this.reserve(size);
    const bytes = this.#bytes;
    let at = this.length;
    for (let i = 0; i < size; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** Any text, in UTF-8. */
  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  /** Part of other bytes, unchanged. */
  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    const bytes = this.#bytes;
    let at = this.length;
    if (size < LONG_RUN) for (let from = start; from < end; from++) bytes[at++] = source[from] as number;
    else bytes.set(source.subarray(start, end), at);
    this.length += size;
  }

  /**
   * Part of other bytes, up to the first that is not wanted: `isWanted` has a 1 for each byte that is, and for all that
   * every output may copy. Returns where it stopped.
   */
  copyWhile(source: Uint8Array, start: number, end: number, isWanted: Uint8Array): number {
    const size = end - start;
    this.reserve(size);
    const bytes = this.#bytes;
    let at = this.length;
    let from = start;
    if (size >= WORD_RUN) {
      const view = this.#view;
      const words = this.#wordsOf(source);
      for (; from + WORD <= end; from += WORD, at += WORD) {
        const word = words.getInt32(from, true);
        if (!isHarmlessWord(word)) break;
        view.setInt32(at, word, true);
      }
    }
    for (; from < end; from++) {
      const byte = source[from] as number;
      if (isWanted[byte] === 0) break;
      bytes[at++] = byte;
    }
    this.length = at;
    return from;
  }

  #wordsOf(source: Uint8Array): DataView {
    if (this.#source !== source) {
      this.#source = source;
      this.#sourceView = viewOf(source);
    }
    return this.#sourceView;
  }

  /** Other bytes, all of them. */
  append(source: Uint8Array): void {
    const size = source.length;
    if (size < LONG_RUN) {
      this.copy(source, 0, size);
      return;
    }
    this.reserve(size);
    this.#bytes.set(source, this.length);
    this.length += size;
  }

  /** An integer that a double holds exactly, in decimal. */
  integer(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.byte(45);
      rest = -rest;
    }
    let digits = 1;
    for (let limit = 10; rest >= limit; limit *= 10) digits++;
    this.digits(rest, digits);
  }

  /** The last `digits` decimal digits of a non-negative integer, with leading zeros. */
  digits(value: number, digits: number): void {
    this.reserve(digits);
    const bytes = this.#bytes;
    const { length } = this;
    let at = length + digits;
    let rest = value;
    while (rest > MAX_INT32 && at > length) {
      const next = Math.floor(rest / 10);
      bytes[--at] = 48 + (rest - next * 10);
      rest = next;
    }
    // Up to 31 bits the compiler divides integers, which is several times as fast.
    for (let small = rest | 0; at > length; ) {
      const next = (small / 10) | 0;
      bytes[--at] = 48 + (small - next * 10);
      small = next;
    }
    this.length += digits;
  }

  /** An unsigned 64-bit integer in two halves, in decimal: exact, without a BigInt. */
  unsigned64(low: number, high: number): void {
    if (high < 0x200000) {
      this.integer(high * 4294967296 + low);
      return;
    }
    // 2^32 = 4 * 10^9 + 294967296. Each step is exact: the product has many factors 2, and so has its part of 10^9s.
    const product = high * 294967296;
    const rest = product % 1e9;
    const sum = rest + low;
    const carry = Math.floor(sum / 1e9);
    this.integer(high * 4 + (product - rest) / 1e9 + carry);
    this.digits(sum - carry * 1e9, 9);
  }

  /** Moves what was written since `start` to the right edge of a column of `width`. */
  alignRight(start: number, width: number): void {
    const size = this.length - start;
    const gap = width - size;
    if (gap <= 0) return;
    this.reserve(gap);
    this.#bytes.copyWithin(start + gap, start, this.length);
    this.#bytes.fill(32, start, start + gap);
    this.length += gap;
  }

  /** Hands over what was written, and goes on in `next`, memory that nobody else uses any more, if it is given. */
  take(next?: Buffer): Buffer {
    const written = this.#bytes.subarray(0, this.length);
    this.#setBytes(next ?? Buffer.allocUnsafeSlow(FIRST_SIZE));
    this.length = 0;
    return written;
  }
}
