import { type Column, EventRecord } from './column.js';
import type { EventSchema } from './schema.js';

/** An event as an object: a property for each column that it has. */
export type EventObject = Record<string, unknown>;

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
 * Reads events as objects. Needs no addon: any bytes with the schema's struct will do. `Event` is their type where the
 * caller knows it, such as that of the struct in a module of `snoopkit gen types`.
 */
export class EventReader<Event extends object = EventObject> {
  readonly #schema: EventSchema;
  readonly #record = new EventRecord();

  constructor(schema: EventSchema) {
    this.#schema = schema;
  }

  /**
   * The event at `offset`. Times and 64-bit integers are bigints (times in nanoseconds since 1970), text is a string in
   * which U+FFFD stands for what is not UTF-8, or null when the kernel could not read it. Throws RangeError
   * when the record is too short.
   */
  read(bytes: Buffer, offset = 0, length = bytes.length - offset): Event {
    const { columns, size, struct } = this.#schema;
    if (length < size) throw new RangeError(`${length} bytes, but ${struct} has ${size}`);
    this.#record.setBytes(bytes);
    this.#record.offset = offset;
    this.#record.length = length;
    return readEvent(this.#record, columns) as Event;
  }
}
