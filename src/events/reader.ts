import { isInteger } from '../check-options.js';
import { checkBuffer, mistake, outOfRange } from '../mistake.js';
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

/** Reads events as objects. Needs no addon: any bytes with the schema's struct will do. */
export class EventReader {
  readonly #schema: EventSchema;
  readonly #record = new EventRecord();

  constructor(schema: EventSchema) {
    this.#schema = schema;
  }

  /**
   * The event at `offset`. Times and 64-bit integers are bigints (times in nanoseconds since 1970), text is a string in
   * which U+FFFD stands for what is not UTF-8, or null when the kernel could not read it. Throws RangeError
   * (`ERR_OUT_OF_RANGE`) when the record is too short, or not within `bytes`, and UsageError.
   */
  read(bytes: Buffer, offset = 0, given?: number): EventObject {
    const { columns, size, struct } = this.#schema;
    checkBuffer('bytes', bytes);
    for (const [what, value] of [
      ['offset', offset],
      ['length', given ?? 0],
    ] as const)
      if (!isInteger(value, 0, bytes.length))
        throw outOfRange(mistake(what, value, `an integer up to ${bytes.length}`).message);
    const length = given ?? bytes.length - offset;
    if (length < size) throw outOfRange(`${length} bytes, but ${struct} has ${size}`);
    if (offset + length > bytes.length) throw outOfRange(`${length} bytes at ${offset}, of ${bytes.length}`);
    this.#record.setBytes(bytes);
    this.#record.offset = offset;
    this.#record.length = length;
    return readEvent(this.#record, columns);
  }
}
