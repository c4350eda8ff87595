import { opensslReason, tlsRefusal, UntrustedError, untrusted } from './tls.js';

/** Reason of a failed connection or a missing response. */
export interface ConnectionFailure {
  /** Whether a retry would fail in the same way. */
  readonly isFinal: boolean;
  readonly message: string;
}

/** Node tries all addresses of a name, and reports an error for each. */
function reasonOf(error: NodeJS.ErrnoException | AggregateError): string {
  const errors = error instanceof AggregateError ? error.errors : [error];
  return errors.map(({ message, code }) => message || code || 'unknown error').join(', ');
}

export function connectionFailure(error: Error): ConnectionFailure {
  const reason = reasonOf(error);
  const refusal = error instanceof UntrustedError ? untrusted(reason) : tlsRefusal(reason);
  return { isFinal: refusal !== undefined, message: refusal ?? opensslReason(reason) ?? reason };
}
