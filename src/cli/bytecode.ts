/** The bytecode of the program, cached by bin/snoopkit.cjs for later starts. */

let keep: (() => void) | undefined;

/** Sets the function that caches it; undefined if this start used the cache. */
export function setBytecode(write: (() => void) | undefined): void {
  keep = write;
}

/** Called when most of the code that a run needs has been compiled: stores its bytecode. */
export function keepBytecode(): void {
  keep?.();
  keep = undefined;
}
