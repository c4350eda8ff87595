/** What the parent of the fuzzer and its children share. */

/** What a child does. */
export interface Work {
  /** Paths of whole objects. */
  readonly corpus: readonly string[];
  readonly seed: number;
  /** Number of the first object, and how many: each number is a damaged object of its own, for a seed. */
  readonly first: number;
  readonly count: number;
  /** Whether objects that can be opened are loaded, too. */
  readonly load: boolean;
}

/** What came of an object. */
export const outcomes = ['refused', 'opened', 'loaded'] as const;
export type Outcome = (typeof outcomes)[number];
