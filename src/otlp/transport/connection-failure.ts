import { opensslReason, tlsRefusal, UntrustedError, untrusted } from './tls.js';

/** Why there is no connection, or no answer by it. */
export interface ConnectionFailure {
  /** Whether another try would end alike. */
  readonly isFinal: boolean;
  readonly message: string;
}

/** Node tries all addresses of a name, and then has an error for each. */
function reasonOf(error: NodeJS.ErrnoException | AggregateError): string {
  const errors = error instanceof AggregateError ? error.errors : [error];
  return errors.map(({ message, code }) => message || code || 'it failed').join(', ');
}

export function connectionFailure(error: Error): ConnectionFailure {
  const reason = reasonOf(error);
  const refusal = error instanceof UntrustedError ? untrusted(reason) : tlsRefusal(reason);
  return { isFinal: refusal !== undefined, message: refusal ?? opensslReason(reason) ?? reason };
}
