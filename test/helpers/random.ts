/** Pseudo-random 32-bit numbers, the same in each run, so that a failure is reproducible: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The same, from 0 to below a bound. */
export function randomBelow(seed: number): (bound: number) => number {
  const next = random(seed);
  return (bound) => next() % bound;
}
