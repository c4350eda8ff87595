const FIRST_SIZE = 64 * 1024;

/**
 * Bytes that are put together for an output. Numbers and ASCII go in without an intermediate string; the
 * buffer grows as needed and is handed over whole.
 */
export class OutputBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  length = 0;

  /** Makes sure that `size` more bytes fit. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + size));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** One byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Text that is known to be ASCII. */
  ascii(text: string): void {
    const size = text.length;
    this.reserve(size);
    for (let i = 0; i < size; i++) this.bytes[this.length + i] = text.charCodeAt(i);
    this.length += size;
  }

  /** Any text, in UTF-8. */
  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** Part of other bytes, unchanged. */
  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    // A short run is quicker to copy than to call for.
    if (size < 32) for (let i = 0; i < size; i++) this.bytes[this.length + i] = source[start + i] as number;
    else this.bytes.set(source.subarray(start, end), this.length);
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
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      this.bytes[at] = 48 + (rest - next * 10);
      rest = next;
    }
    this.length += digits;
  }

  /** An unsigned 64-bit integer in two halves, in decimal: exact, without a BigInt. */
  unsigned64(low: number, high: number): void {
    if (high < 0x200000) {
      this.integer(high * 4294967296 + low);
      return;
    }
    // 2^32 = 4 * 10^9 + 294967296, so each half of the division stays below 2^53.
    const scaled = high * 294967296 + (low % 1e9);
    this.integer(high * 4 + Math.floor(low / 1e9) + Math.floor(scaled / 1e9));
    this.digits(scaled % 1e9, 9);
  }

  /** Blanks, up to a column of `width` that began at `start`. */
  padTo(start: number, width: number): void {
    for (let missing = start + width - this.length; missing > 0; missing--) this.byte(32);
  }

  /** Moves what was written since `start` to the right edge of a column of `width`. */
  alignRight(start: number, width: number): void {
    const size = this.length - start;
    const gap = width - size;
    if (gap <= 0) return;
    this.reserve(gap);
    this.bytes.copyWithin(start + gap, start, this.length);
    this.bytes.fill(32, start, start + gap);
    this.length += gap;
  }

  /** Hands over what was written and starts anew. */
  take(): Buffer {
    const written = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.length = 0;
    return written;
  }
}
