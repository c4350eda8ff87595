/** What a run has to tell a user while it goes on. */
export interface Notices {
  /** A line, without its end. */
  tell(line: string): void;
  /** An error despite which the run goes on. */
  trouble(error: unknown): void;
}
