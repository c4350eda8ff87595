/** The TypeScript types of an event's columns. */
import type { Btf } from '../btf/index.js';
import type { Column } from './column.js';
import { ClockOffset, type EventContext } from './context.js';
import { eventSchema, type SchemaOptions } from './schema.js';

/** A context in which every column exists. */
const CONTEXT: EventContext = {
  clock: new ClockOffset(0n),
  arch: process.arch,
  userName: () => undefined,
  groupName: () => undefined,
  cgroupPath: () => undefined,
  hostName: () => 'host',
  envNames: [],
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/** A member of an interface. */
const member = ({ name, type, isPresent }: Column) => `${name}${isPresent ? '?' : ''}: ${type};`;

/** The members of the interface of an event: what readEvent() makes of its columns. */
export function membersOf(btf: Btf, struct: string, options: SchemaOptions = {}): string[] {
  return eventSchema(btf, struct, CONTEXT, options).columns.map(member);
}
