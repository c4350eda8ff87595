/** Notices of a run to the user. A line has no newline at its end. */
export interface Notices {
  /** The normal course of a run: traced processes have ended, everything was delivered. */
  info(line: string): void;
  /** Something is missing or lost. */
  warn(line: string): void;
  /** An error despite which the run goes on. */
  error(error: unknown): void;
}
