import type { BpfMap } from '../../../bpf/map.js';
import type { BpfObject } from '../../../bpf/object.js';
import { bootTime } from '../../../bpf/system.js';
import type { Rows } from '../../../events/rows.js';
import { type RowLayout, rowLayout, TallyRows } from './tally-rows.js';

/** Reads rows from the maps of src/trace/features/tally/tally.h. */
export class TallyReader {
  readonly #current: BpfMap;
  /** The map that programs write to, and the other one. */
  #maps: readonly [BpfMap, BpfMap];
  readonly #layout: RowLayout;
  readonly #isTotal: boolean;
  readonly #onLost: (rows: number) => void;
  /** Rows for the next `read()`, after one `look()`. */
  #seen: Rows | undefined;
  /** Rows for the next `read()`, after several calls of `look()`. */
  #kept: TallyRows | undefined;
  #looked: bigint;
  #since: bigint;

  /** Reads from a loaded object. With `isTotal` rows stay in the maps. Calls back if there is no room for rows. */
  constructor({ btf, maps }: BpfObject, isTotal: boolean, onLost: (rows: number) => void = () => undefined) {
    this.#current = maps.need('tally');
    this.#maps = [maps.need('tally_a'), maps.need('tally_b')];
    const { keySize, valueSize } = maps.need('tally_a');
    this.#layout = rowLayout(btf, keySize, valueSize);
    this.#isTotal = isTotal;
    this.#onLost = onLost;
    this.#since = bootTime();
    this.#looked = this.#since;
  }

  /** Counts since the last look; the next `read()` includes them. */
  look(): Rows {
    const [{ maxEntries }] = this.#maps;
    const entries = this.#take();
    const now = bootTime();
    const from = this.#isTotal ? this.#since : this.#looked;
    const rows = new TallyRows(this.#layout, maxEntries);
    rows.add(entries);
    const seen = rows.rows(now, now - from);
    if (!this.#isTotal) {
      // Accumulate only if one look follows another.
      if (this.#seen) this.#kept ??= TallyRows.of(this.#seen, this.#layout, maxEntries);
      this.#onLost(this.#kept?.add(entries) ?? 0);
    }
    this.#seen = seen;
    this.#looked = now;
    return seen;
  }

  /** Counts since the last read; looks first if nobody has. */
  read(): Rows {
    if (!this.#seen) this.look();
    const seen = this.#seen as Rows;
    const rows = this.#kept?.rows(this.#looked, this.#looked - this.#since) ?? seen;
    this.#seen = undefined;
    this.#kept = undefined;
    if (!this.#isTotal) this.#since = this.#looked;
    return rows;
  }

  /** The entries in the kernel. Programs no longer write to this map: see src/trace/features/tally/tally.h. */
  #take(): [key: Uint8Array, value: Uint8Array][] {
    const [map, other] = this.#maps;
    if (!this.#isTotal) {
      this.#current.set(0, Uint8Array.from(Buffer.from(Uint32Array.of(other.fd).buffer)));
      this.#maps = [other, map];
    }
    return map.readAll({ remove: !this.#isTotal });
  }
}
