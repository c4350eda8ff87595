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
   * when the record is too short.
   */
  read(bytes: Buffer, offset = 0, length = bytes.length - offset): KnownEvent<Event> {
    const { columns, size, struct } = this.#schema;
    if (length < size) throw new RangeError(`${length} bytes, but ${struct} has ${size}`);
    this.#record.setBytes(bytes);
    this.#record.offset = offset;
    this.#record.length = length;
    return readEvent(this.#record, columns) as KnownEvent<Event>;
  }
}
