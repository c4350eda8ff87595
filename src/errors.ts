/**
 * Base of all errors of our own: a failure that is the user's or the kernel's, not ours. Its message is one line that says
 * what is wrong and what to do about it, and the command line prints it without a stack trace. Errors of Node, such as
 * `ENOENT` for a file that isn't there, pass unchanged; TypeError and RangeError are mistakes of the calling code.
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

/**
 * A name that isn't there: of a program, map or global variable in an object, a type in its BTF, a column, a symbol in a
 * file, a network interface. What the kernel lacks is an UnsupportedError. Thrown by `need()` of an object's collections,
 * `layoutOf`, `eventSchema`, `BpfProgram.attachUprobe` and `attachXdp`.
 */
export class NotFoundError extends SnoopkitError {
  /** Of the thing: `map`, `program`, `column`. */
  readonly kind: string;
  readonly wanted: string;

  constructor(kind: string, wanted: string, message: string, options?: ErrorOptions) {
    super('NOT_FOUND', message, options);
    this.kind = kind;
    this.wanted = wanted;
  }

  /** With the names that there are. */
  static among(kind: string, wanted: string, known: Iterable<string>): NotFoundError {
    const names = [...known].join(', ') || 'none';
    return new NotFoundError(kind, wanted, `no ${kind} ${wanted}; ${kind}s: ${names}`);
  }
}
