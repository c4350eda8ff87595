import { SnoopkitError } from '../errors.js';

/**
 * BTF or an ELF file that can't be read, or a value that does not fit its C type: thrown by all of `src/btf` that reads
 * or writes. A missing type is a NotFoundError. The code is `ERR_SNOOPKIT_BTF`; the message is one line and names the
 * type, member or byte offset concerned.
 */
export class BtfError extends SnoopkitError {
  constructor(message: string, options?: ErrorOptions) {
    super('BTF', message, options);
  }
}

const LONGEST_QUOTE = 80;

/**
 * Quotes a name for a message. Names come from untrusted files: line breaks and control characters are escaped, and
 * long names truncated, so that a message stays one line.
 */
export function quoted(name: string): string {
  const cut = name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}...` : name;
  return `'${JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"')}'`;
}
