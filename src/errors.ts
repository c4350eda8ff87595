/**
 * A failure that is the user's or the kernel's, not ours: its message is one line that says what is
 * wrong and what to do about it, and the command line prints it without a stack trace.
 */
export class SnoopkitError extends Error {
  /** Stable, for programs: `ERR_SNOOPKIT_...`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = `ERR_SNOOPKIT_${code}`;
  }
}

/** The command line or an argument is wrong: exit status 2. */
export class UsageError extends SnoopkitError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options);
  }
}
