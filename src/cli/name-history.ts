/** More keys are not kept: the one that was told of last the longest ago goes. */
const MOST = 16_384;
/** Of each, so many names: for events that come later than the next answer. */
const DEPTH = 16;

interface Told {
  readonly name: string;
  readonly time: bigint;
}

/** Which name something had from when on. */
export class NameHistory {
  readonly #told = new Map<string, Told[]>();

  /** It is called so from then on. Mostly that is later than all before. */
  add(key: string, name: string, time: bigint): void {
    const told = this.#told.get(key) ?? [];
    // Set anew, it is the newest.
    this.#told.delete(key);
    this.#told.set(key, told);
    let at = told.length;
    while (at > 0 && (told[at - 1] as Told).time > time) at--;
    if (told[at - 1]?.name !== name) told.splice(at, 0, { name, time });
    if (told.length > DEPTH) told.shift();
    const oldest = this.#told.keys().next();
    if (this.#told.size > MOST && !oldest.done) this.#told.delete(oldest.value);
  }

  /** What it was called at a time. */
  at(key: string, time: bigint): string | undefined {
    return this.#told.get(key)?.findLast((told) => told.time <= time)?.name;
  }
}
