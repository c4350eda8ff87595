import { Rows } from '../../../events/rows.js';

/** struct tally of bpf/include/tally.h: read time and interval in nanoseconds. */
const HEAD = 16;
/** Rows kept across several reports, as a multiple of a map's entries. */
const TIMES = 16;

/** Sums of rows of several reports: the value of a row consists of 64-bit counters (bpf/include/tally.h). */
export class TallyRows {
  readonly #keySize: number;
  readonly #valueSize: number;
  readonly #most: number;
  readonly #values = new Map<string, Uint8Array>();

  constructor(keySize: number, valueSize: number, mapEntries: number) {
    this.#keySize = keySize;
    this.#valueSize = valueSize;
    this.#most = TIMES * mapEntries;
  }

  /** From decoded rows. */
  static of(rows: Rows, keySize: number, valueSize: number, mapEntries: number): TallyRows {
    const all = new TallyRows(keySize, valueSize, mapEntries);
    rows.forEach(({ bytes, offset }) => {
      const [key, value] = [offset + HEAD, offset + HEAD + keySize];
      all.add([[bytes.subarray(key, value), bytes.subarray(value, value + valueSize)]]);
    });
    return all;
  }

  /** Adds entries, and returns the number that did not fit. */
  add(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): number {
    let lost = 0;
    for (const [key, value] of entries) {
      const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
      const known = this.#values.get(name);
      if (known) addTo(known, value);
      else if (this.#values.size < this.#most) this.#values.set(name, value.slice());
      else lost++;
    }
    return lost;
  }

  /** All rows, with a time and an interval in nanoseconds. */
  rows(time: bigint, interval: bigint): Rows {
    const size = HEAD + this.#keySize + this.#valueSize;
    const bytes = Buffer.alloc(this.#values.size * size);
    let at = 0;
    for (const [key, value] of this.#values) {
      bytes.writeBigUInt64LE(time, at);
      bytes.writeBigUInt64LE(interval, at + 8);
      bytes.write(key, at + HEAD, 'latin1');
      bytes.set(value, at + HEAD + this.#keySize);
      at += size;
    }
    return new Rows(bytes, size);
  }
}

function addTo(sum: Uint8Array, more: Uint8Array): void {
  const [to, from] = [sum, more].map(({ buffer, byteOffset, length }) => new DataView(buffer, byteOffset, length));
  for (let at = 0; at < sum.length; at += 8)
    to?.setBigUint64(at, to.getBigUint64(at, true) + (from?.getBigUint64(at, true) ?? 0n), true);
}
