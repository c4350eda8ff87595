import { type Column, EventRecord } from './column.js';

/** Sort key of a row: a number or a text; undefined if the row has none. */
type SortKey = number | bigint | string | undefined;

/** The larger number first, or the text that comes first; what is not there comes last. */
function compare(a: SortKey, b: SortKey): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (a === b) return 0;
  const isFirst = typeof a === 'string' ? a < (b as string) : a > (b as number | bigint);
  return isFirst ? -1 : 1;
}

/** True if rows can be sorted by a column. */
export function isSortable({ kind, json }: Column): boolean {
  return kind === 'text' || (kind === 'plain' && ['integer', 'number', 'string', 'boolean'].includes(json));
}

/** Records of one size that lie one behind the other, and are shown together. */
export class Rows {
  readonly #record = new EventRecord();
  readonly #size: number;
  #offsets: number[];

  constructor(bytes: Buffer, size: number) {
    this.#record.setBytes(bytes);
    this.#record.length = size;
    this.#size = size;
    this.#offsets = Array.from({ length: bytes.length / size }, (_, i) => i * size);
  }

  get count(): number {
    return this.#offsets.length;
  }

  #at(offset: number): EventRecord {
    this.#record.offset = offset;
    return this.#record;
  }

  /** Calls back for each row, in order, with one record that is used again. */
  forEach(receive: (record: EventRecord) => void): void {
    for (const offset of this.#offsets) receive(this.#at(offset));
  }

  /** Sorts them by a column that `isSortable`. Those that are equal there are in the order of their bytes, so that this is always the same. */
  sortBy(column: Column): void {
    const { bytes } = this.#record;
    const rows = this.#offsets.map((offset) => {
      const value = column.value(this.#at(offset)) as SortKey | boolean | null;
      return { offset, key: typeof value === 'boolean' ? Number(value) : (value ?? undefined) };
    });
    const order = (a: number, b: number) => bytes.compare(bytes, b, b + this.#size, a, a + this.#size);
    rows.sort((a, b) => compare(a.key, b.key) || order(a.offset, b.offset));
    this.#offsets = rows.map(({ offset }) => offset);
  }

  /** The sum of a column of integers. */
  sum(column: Column): bigint {
    return this.#offsets.reduce((sum, offset) => sum + BigInt(column.value(this.#at(offset)) as number | bigint), 0n);
  }

  /** Leaves only the first ones. */
  keep(most: number): void {
    this.#offsets.length = Math.min(most, this.#offsets.length);
  }
}
