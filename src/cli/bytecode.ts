/** The bytecode of the program, which bin/snoopkit.cjs keeps for later starts. */

let keep: (() => void) | undefined;

/** Tells how it is kept: nothing, where a start found it. */
export function setBytecode(write: (() => void) | undefined): void {
  keep = write;
}

/** To be called when most of what a run needs has been compiled: from here on it is bytecode. */
export function keepBytecode(): void {
  keep?.();
  keep = undefined;
}
