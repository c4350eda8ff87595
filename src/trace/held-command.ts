/** A command that is traced from its first instruction on: a process that waits to execute it. */
export interface HeldCommand {
  readonly pid: number;
  /** The exit status as a shell reports it, 128 + N for signal N. */
  readonly exited: Promise<number>;
  /** Releases it. Throws SnoopkitError if the command can't be executed. */
  release(): Promise<void>;
  /**
   * Terminates it if it is still running when tracing ends. Returns its exit status; undefined if it did not end on its own.
   */
  end(): Promise<number | undefined>;
}
