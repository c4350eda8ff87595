/** Entries of a map in pieces: one call of the kernel for each piece. */
import { ERRNO } from '../kernel/errno.js';
import type { NativeMap } from '../native/binding.js';

const { ENOENT, EINTR, ENOSPC } = ERRNO;

/** Bytes of keys and values that are read or written in one call, unless a number of entries is asked for. */
const PIECE = 4 << 20;

/** Sizes in bytes, that of a value for all CPUs. */
interface Sizes {
  readonly keySize: number;
  readonly valueSize: number;
}

/** The bytes of an entry. */
export type RawEntry = [key: Uint8Array, value: Uint8Array];

/** The number of entries of a piece. */
export function pieceOf({ keySize, valueSize }: Sizes, maxEntries: number): number {
  return Math.max(1, Math.min(maxEntries, Math.floor(PIECE / (keySize + valueSize))));
}

const partOf = (bytes: Uint8Array, size: number, i: number) => bytes.subarray(i * size, (i + 1) * size);

/** The entries of one piece. */
function entriesOf(keys: Uint8Array, values: Uint8Array, count: number, { keySize, valueSize }: Sizes): RawEntry[] {
  return Array.from({ length: count }, (_, i) => [partOf(keys, keySize, i), partOf(values, valueSize, i)]);
}

/** Reads all of at most `most` entries, `size` in a piece. Returns 0, or the negated error that ended it. */
export function* readPieces(
  native: NativeMap,
  sizes: Sizes,
  { size, most, isRemoved }: { size: number; most: number; isRemoved: boolean },
): Generator<RawEntry[], number> {
  const position = new Uint8Array(Math.max(4, sizes.keySize));
  let room = size;
  for (let isFirst = true; ; ) {
    const keys = new Uint8Array(room * sizes.keySize);
    const values = new Uint8Array(room * sizes.valueSize);
    const { status, count } = native.readBatch(position, isFirst, keys, values, isRemoved);
    if (count > 0) {
      isFirst = false;
      yield entriesOf(keys, values, count, sizes);
    }
    if (status === -ENOENT) return 0;
    // A bucket of a hash is read as a whole.
    if (status === -ENOSPC && room <= most) room *= 2;
    // Interrupted: an entry was removed meanwhile.
    else if (status !== 0 && status !== -EINTR) return status;
  }
}

/** Keys and values of entries to be written, in pieces. */
export class WrittenPieces {
  readonly #sizes: Sizes;
  readonly #size: number;
  readonly #pieces: { readonly keys: Uint8Array; readonly values: Uint8Array; count: number }[] = [];

  constructor(sizes: Sizes, size: number) {
    this.#sizes = sizes;
    this.#size = size;
  }

  /** Adds an entry; `store` copies it to an index of two arrays. */
  add(store: (keys: Uint8Array, values: Uint8Array, index: number) => void): void {
    let piece = this.#pieces.at(-1);
    if (piece === undefined || piece.count === this.#size) {
      const { keySize, valueSize } = this.#sizes;
      piece = { keys: new Uint8Array(this.#size * keySize), values: new Uint8Array(this.#size * valueSize), count: 0 };
      this.#pieces.push(piece);
    }
    store(piece.keys, piece.values, piece.count);
    piece.count++;
  }

  /** Writes all pieces. Returns the entries that are left, and the status of the call that left them. */
  write(native: NativeMap): { status: number; left: RawEntry[] } {
    const { keySize, valueSize } = this.#sizes;
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      const [keys, values] = [
        piece.keys.subarray(0, piece.count * keySize),
        piece.values.subarray(0, piece.count * valueSize),
      ];
      const { status, count } = native.writeBatch(keys, values);
      if (status !== 0) {
        const left = this.#pieces.flatMap((one) => entriesOf(one.keys, one.values, one.count, this.#sizes));
        return { status, left: left.slice(count) };
      }
      this.#pieces.shift();
    }
    return { status: 0, left: [] };
  }
}
