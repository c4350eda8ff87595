/** Search of types by name over their bytes: creating 150,000 JavaScript strings to find three takes too long. */
import { kindOf, type RawBtf } from './raw.js';
import { hashOf, type Strings } from './strings.js';

/**
 * Number of linear searches before a hash table is made. For a kernel's BTF a search takes up to 0.8 ms and the table
 * 10 ms, too much for a start that needs only a few names.
 */
const SEARCHES_BEFORE_TABLE = 12;

/** Names of the types of one BTF, without its base. */
export class Names {
  readonly #raw: RawBtf;
  readonly #strings: Strings;
  #searches = 0;
  #table: { heads: Uint32Array; next: Uint32Array } | undefined;

  constructor(raw: RawBtf, strings: Strings) {
    this.#raw = raw;
    this.#strings = strings;
  }

  /** Returns the index of the first type with this name, and of this kind if given; -1 if there is none. */
  find(name: string, kind?: number): number {
    const bytes = Buffer.from(name, 'utf8');
    if (!this.#table && ++this.#searches > SEARCHES_BEFORE_TABLE) this.#table = this.#makeTable();
    if (this.#table) {
      const { heads, next } = this.#table;
      let index = (heads[hashOf(bytes) & (heads.length - 1)] as number) - 1;
      while (index >= 0 && !this.#is(index, bytes, kind)) index = (next[index] as number) - 1;
      return index;
    }
    const count = this.#raw.offsets.length - 1;
    for (let index = 0; index < count; index++) if (this.#is(index, bytes, kind)) return index;
    return -1;
  }

  #is(index: number, name: Buffer, kind: number | undefined): boolean {
    const { view, littleEndian, offsets } = this.#raw;
    const start = offsets[index] as number;
    if (kind !== undefined && kindOf(view.getUint32(start + 4, littleEndian)) !== kind) return false;
    return this.#strings.isAt(view.getUint32(start, littleEndian), name);
  }

  /**
   * `heads` has the first type of each bucket, `next` the one after each type. Indexes are one higher, because 0 is
   * none.
   */
  #makeTable() {
    const { view, littleEndian, offsets } = this.#raw;
    const count = offsets.length - 1;
    const heads = new Uint32Array(2 ** Math.ceil(Math.log2(count + 1)));
    const next = new Uint32Array(count);
    // In reverse order, so that each bucket has the lowest index first.
    for (let index = count - 1; index >= 0; index--) {
      const offset = view.getUint32(offsets[index] as number, littleEndian);
      if (offset === 0) continue;
      const bucket = this.#strings.hashAt(offset) & (heads.length - 1);
      next[index] = heads[bucket] as number;
      heads[bucket] = index + 1;
    }
    return { heads, next };
  }
}
