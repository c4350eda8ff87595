/**
 * Base of snoopkit's errors: failures caused by the user or the kernel. The message is one line that states the problem
 * and the fix; the command line prints it without a stack trace. Node's errors, such as `ENOENT` for a missing file,
 * pass unchanged. TypeError and RangeError are mistakes of the calling code.
 */
export class SnoopkitError extends Error {
  /** Stable, for use in programs: `ERR_SNOOPKIT_...`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    // It may quote a path or a name.
    super(
      message.replace(/[\r\n]/g, (end) => (end === '\n' ? '\\n' : '\\r')),
      options,
    );
    this.name = new.target.name;
    this.code = `ERR_SNOOPKIT_${code}`;
  }
}

/** A mistake on the command line or in an argument: exit status 2. */
export class UsageError extends SnoopkitError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options);
  }
}

/**
 * A missing name: of a program, map or global variable in an object, a type in its BTF, a column, a symbol in a file, a
 * network interface, a file or process to attach to. Features that the kernel lacks are an UnsupportedError. Thrown by
 * `need()` of an object's collections, `layoutOf`, `eventSchema`, `OpenedProgram.attachTarget`, and the methods of
 * `BpfProgram` that attach.
 */
export class NotFoundError extends SnoopkitError {
  /** Kind of the missing thing: `map`, `program`, `column`. */
  readonly kind: string;
  readonly wanted: string;

  constructor(kind: string, wanted: string, message: string, options?: ErrorOptions) {
    super('NOT_FOUND', message, options);
    this.kind = kind;
    this.wanted = wanted;
  }

  /** An error that lists the known names. */
  static among(kind: string, wanted: string, known: Iterable<string>): NotFoundError {
    const names = [...known].join(', ') || 'none';
    return new NotFoundError(kind, wanted, `no ${kind} ${wanted}; ${kind}s: ${names}`);
  }
}
