import { networkInterfaces } from 'node:os';
import { NotFoundError } from '../errors.js';
import type { NativeLink, NativeProgram } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkText } from './arguments.js';

/** How to attach a program, with arguments that are checked. */
export interface Attachment {
  /** Names the hook in messages. */
  readonly where: string;
  readonly attach: (native: NativeProgram) => NativeLink | number;
  /** The error for an errno that means something special here. */
  readonly explain?: (operation: string, errno: number) => Error | undefined;
}

/** Index of an interface of this process's network namespace. */
export function interfaceOf(device: string): number {
  checkText('device', device);
  const index = loadBinding().interfaceIndex(device);
  if (index < 0) throw NotFoundError.among('network interface', device, Object.keys(networkInterfaces()));
  return index;
}
