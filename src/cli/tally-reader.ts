import type { BpfMap } from '../bpf/map.js';
import type { BpfObject } from '../bpf/object.js';
import { bootTime } from '../bpf/system.js';
import { Rows } from '../events/rows.js';

/** struct tally of bpf/include/tally.h: when it was read, and the nanoseconds that it is about. */
const HEAD = 16;

/** Takes rows out of the maps of bpf/include/tally.h. */
export class TallyReader {
  readonly #current: BpfMap;
  /** The one that programs write to, and the other. */
  #maps: readonly [BpfMap, BpfMap];
  readonly #isTotal: boolean;
  #since: bigint;

  /** Of an object that is loaded. With `isTotal` rows stay where they are. */
  constructor({ maps }: BpfObject, isTotal: boolean) {
    this.#current = maps.need('tally');
    this.#maps = [maps.need('tally_a'), maps.need('tally_b')];
    this.#isTotal = isTotal;
    this.#since = bootTime();
  }

  /** All that was added up since the last time. No program adds anything to it any more: see bpf/include/tally.h. */
  read(): Rows {
    const [map, other] = this.#maps;
    if (!this.#isTotal) {
      this.#current.set(0, Uint8Array.from(Buffer.from(Uint32Array.of(other.fd).buffer)));
      this.#maps = [other, map];
    }
    const now = bootTime();
    const entries = map.readAll({ remove: !this.#isTotal });
    const size = HEAD + map.keySize + map.valueSize;
    const bytes = Buffer.alloc(entries.length * size);
    entries.forEach(([key, value], i) => {
      const at = i * size;
      bytes.writeBigUInt64LE(now, at);
      bytes.writeBigUInt64LE(now - this.#since, at + 8);
      bytes.set(key, at + HEAD);
      bytes.set(value, at + HEAD + key.length);
    });
    if (!this.#isTotal) this.#since = now;
    return new Rows(bytes, size);
  }
}
