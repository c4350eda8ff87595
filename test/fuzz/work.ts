/** What the parent of the fuzzer and its children share. */

/** Kinds of input: see CONTRIBUTING.md. */
export const KINDS = ['objects', 'btf', 'records', 'values', 'arguments'] as const;
export type KindName = (typeof KINDS)[number];

/** What a child does. */
export interface Work {
  readonly kind: KindName;
  /** Paths of whole objects, or of whatever else is damaged. */
  readonly corpus: readonly string[];
  readonly seed: number;
  /** Number of the first input, and how many: each number is an input of its own, for a seed. */
  readonly first: number;
  readonly count: number;
  /** Whether the kernel takes part: objects that can be opened are loaded, too. */
  readonly load: boolean;
}

/** What came of an input; only objects are opened and loaded. */
export const outcomes = ['refused', 'accepted', 'opened', 'loaded'] as const;
export type Outcome = (typeof outcomes)[number];

/** Tries the input of a number. Whatever it throws is a fault. */
export type Try = (number: number) => Outcome | Promise<Outcome>;
