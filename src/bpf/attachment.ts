import { readFileSync } from 'node:fs';
import { NotFoundError, UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import type { NativeProgram } from '../native/binding.js';
import type { NativeLink } from '../native/links.js';
import { loadBinding } from '../native/load.js';
import { checkText } from './arguments.js';
import { BpfError, check, netlinkMessage, PrivilegeError, refused, UnsupportedError } from './errors.js';
import { attachCapabilities } from './needed-capabilities.js';
import type { ProgramType } from './program-type.js';

/** How to attach a program, with arguments that are checked. */
export interface Attachment {
  /** Names the hook in messages. */
  readonly where: string;
  readonly attach: (native: NativeProgram) => NativeLink | number;
  /** The error for an errno that means something special here. */
  readonly explain?: (operation: string, errno: number) => Error | undefined;
}

/** A program that could not be attached. */
interface Failure {
  readonly type: ProgramType;
  /** Empty without an object. */
  readonly section: string;
  readonly wasAttached: boolean;
  /** libbpf's. */
  readonly warnings: string;
}

/** The error for an errno that means the same for all hooks. */
export function attachError(
  operation: string,
  errno: number,
  { type, section, wasAttached, warnings }: Failure,
): Error {
  if (errno === ERRNO.EOPNOTSUPP && section === '')
    return new UsageError(`${operation}: libbpf needs its object for that, and it was opened by its pin or id`);
  if (errno === ERRNO.ENOENT && wasAttached && ['tracing', 'lsm'].includes(type))
    return new UnsupportedError(`${operation}: this kernel attaches a program of type ${type} only once`);
  const message = netlinkMessage(warnings);
  if (errno === ERRNO.ENOENT) return new UnsupportedError(`${operation}: ${message ?? 'this kernel has no such hook'}`);
  const error = refused(operation, errno, attachCapabilities(type));
  if (message !== undefined && !(error instanceof PrivilegeError)) return new BpfError(operation, errno, { warnings });
  return warnings ? Object.assign(error, { cause: warnings }) : error;
}

/** The interfaces of this process's network namespace, also those that are down or without an address. */
function interfaces(): string[] {
  const table = readFileSync('/proc/self/net/dev', 'utf8');
  return [...table.matchAll(/^ *(\S+):/gm)].map(([, name = '']) => name);
}

/** Index of an interface of this process's network namespace. */
export function interfaceOf(device: string): number {
  checkText('device', device);
  const index = loadBinding().interfaceIndex(device);
  if (index === -ERRNO.ENODEV) throw NotFoundError.among('network interface', device, interfaces());
  return check(index, `cannot find the network interface ${device}`);
}
