/** Maximum number of keys; the least recently updated one is removed. */
const MOST = 16_384;
/** Names kept per key, for events that arrive after the next answer. */
const DEPTH = 16;

interface Told {
  readonly name: string;
  readonly time: bigint;
}

/** Names by key, with the time from which they apply. */
export class NameHistory {
  readonly #told = new Map<string, Told[]>();

  /** Sets a name from a time on, mostly later than all previous ones. */
  add(key: string, name: string, time: bigint): void {
    const told = this.#told.get(key) ?? [];
    // Reinserted as the newest.
    this.#told.delete(key);
    this.#told.set(key, told);
    let at = told.length;
    while (at > 0 && (told[at - 1] as Told).time > time) at--;
    if (told[at - 1]?.name !== name) told.splice(at, 0, { name, time });
    if (told.length > DEPTH) told.shift();
    const oldest = this.#told.keys().next();
    if (this.#told.size > MOST && !oldest.done) this.#told.delete(oldest.value);
  }

  /** The name at a time. */
  at(key: string, time: bigint): string | undefined {
    return this.#told.get(key)?.findLast((told) => told.time <= time)?.name;
  }
}
