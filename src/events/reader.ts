import { isInteger } from '../check-options.js';
import { checkBytes, mistake, outOfRange } from '../mistake.js';
import { type Column, EventRecord } from './column.js';
import type { EventSchema } from './schema.js';

/** An event as an object: a property for each column that it has. */
export type EventObject = Record<string, unknown>;

/** The type of an event that is known to the compiler, or any. */
export type KnownEvent<Event> = unknown extends Event ? EventObject : Event;

/** A record as an object. */
export function readEvent(record: EventRecord, columns: readonly Column[]): EventObject {
  const event: EventObject = {};
  for (const column of columns) {
    const value = column.value(record);
    if (value !== undefined) event[column.name] = value;
  }
  return event;
}

function checkWithin(what: string, value: unknown, bytes: Uint8Array): void {
  if (!isInteger(value, 0, bytes.length))
    throw outOfRange(mistake(what, value, `an integer up to ${bytes.length}`).message);
}

/**
 * Reads events as objects, of the type that the schema has: see `eventSchema()`. Needs no addon: any bytes with the
 * schema's struct will do.
 */
export class EventReader<Event = unknown> {
  readonly #schema: EventSchema<Event>;
  readonly #record = new EventRecord();

  constructor(schema: EventSchema<Event>) {
    this.#schema = schema;
  }

  /**
   * The event at `offset`. Times and 64-bit integers are bigints (times in nanoseconds since 1970), text is a string in
   * which U+FFFD stands for what is not UTF-8, or null when the kernel could not read it. Throws RangeError
   * (`ERR_OUT_OF_RANGE`) when the record is too short, or not within `bytes`, and UsageError.
   */
  read(bytes: Uint8Array, offset = 0, length?: number): KnownEvent<Event> {
    const { columns, size, struct } = this.#schema;
    checkBytes('bytes', bytes);
    checkWithin('offset', offset, bytes);
    // Not a default value, which would be read of `bytes` before its check.
    const given = length ?? bytes.length - offset;
    checkWithin('length', given, bytes);
    if (given < size) throw outOfRange(`${given} bytes, but ${struct} has ${size}`);
    if (offset + given > bytes.length) throw outOfRange(`${given} bytes at ${offset}, of ${bytes.length}`);
    this.#record.setBytes(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#record.offset = offset;
    this.#record.length = given;
    return readEvent(this.#record, columns) as KnownEvent<Event>;
  }
}
