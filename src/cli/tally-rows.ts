import { Rows } from '../events/rows.js';

/** struct tally of bpf/include/tally.h: when it was read, and the nanoseconds that it is about. */
const HEAD = 16;
/** More rows than a map has are kept: of several reports, so many times as many. */
const TIMES = 16;

/** Rows of several reports, added up: all that the value of a row has are numbers of 64 bits that grow (bpf/include/tally.h). */
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

  /** From rows as they are shown. */
  static of(rows: Rows, keySize: number, valueSize: number, mapEntries: number): TallyRows {
    const all = new TallyRows(keySize, valueSize, mapEntries);
    rows.forEach(({ bytes, offset }) => {
      const [key, value] = [offset + HEAD, offset + HEAD + keySize];
      all.add([[bytes.subarray(key, value), bytes.subarray(value, value + valueSize)]]);
    });
    return all;
  }

  /** Adds entries, and returns how many found no room. */
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

  /** All of them, as of a time and about an interval, in nanoseconds. */
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
