import { type Btf, layoutOf, memberOf } from '../../../btf/index.js';
import { Rows } from '../../../events/rows.js';

/** Offsets of the parts of a row, in bytes: struct tally of src/trace/features/tally/tally.h, the key and the value. */
export interface RowLayout {
  readonly time: number;
  readonly interval: number;
  /** The size of struct tally. */
  readonly head: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** The layout of an object's rows, whose keys and values have these sizes. */
export function rowLayout(btf: Btf, keySize: number, valueSize: number): RowLayout {
  const tally = layoutOf(btf, 'tally');
  const [time, interval] = [memberOf(tally, 'time').offset, memberOf(tally, 'interval').offset];
  return { time, interval, head: tally.size, keySize, valueSize };
}

/** Rows kept across several reports, as a multiple of a map's entries. */
const TIMES = 16;

/** Sums of rows of several reports: the value of a row consists of 64-bit counters (src/trace/features/tally/tally.h). */
export class TallyRows {
  readonly #layout: RowLayout;
  readonly #most: number;
  readonly #values = new Map<string, Uint8Array>();

  constructor(layout: RowLayout, mapEntries: number) {
    this.#layout = layout;
    this.#most = TIMES * mapEntries;
  }

  /** From decoded rows. */
  static of(rows: Rows, layout: RowLayout, mapEntries: number): TallyRows {
    const all = new TallyRows(layout, mapEntries);
    const { head, keySize, valueSize } = layout;
    rows.forEach(({ bytes, offset }) => {
      const [key, value] = [offset + head, offset + head + keySize];
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
    const { head, keySize, valueSize } = this.#layout;
    const size = head + keySize + valueSize;
    const bytes = Buffer.alloc(this.#values.size * size);
    let at = 0;
    for (const [key, value] of this.#values) {
      bytes.writeBigUInt64LE(time, at + this.#layout.time);
      bytes.writeBigUInt64LE(interval, at + this.#layout.interval);
      bytes.write(key, at + head, 'latin1');
      bytes.set(value, at + head + keySize);
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
