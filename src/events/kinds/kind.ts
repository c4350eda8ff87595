import { BtfError, type Shape, type StructLayout } from '../../btf/index.js';
import { type Column, type EventRecord, type PlainColumn, spanText, type TextColumn, TextSpan } from '../column.js';
import type { EventContext } from '../context.js';

/** A member of an event's struct. */
export interface Field {
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly shape: Shape;
  /** Where in the record another member of it is, by its name; undefined where it has none. */
  readonly near?: (member: string) => number | undefined;
}

/** The members of a field that is a struct. Throws BtfError when it is none. */
export function layoutOfField({ name, shape }: Field): StructLayout {
  if (shape.kind !== 'struct') throw new BtfError(`${name} is not a struct`);
  return shape.layout;
}

/** Makes the columns of a field: one, or one more for each reading of it that outputs offer. */
export type Kind = (field: Field, context: EventContext) => Column[];

/** Seconds and nanoseconds of a u64 of nanoseconds, without a BigInt; the object is used again. */
export class Timestamp {
  seconds = 0;
  nanoseconds = 0;
  /** When the second began, in two halves of which the upper one is that of the time that was read; else NaN. */
  #low = Number.NaN;
  #high = 0;

  read(record: EventRecord, offset: number): void {
    const low = record.view.getUint32(record.offset + offset, true);
    const high = record.view.getUint32(record.offset + offset + 4, true);
    // Mostly in the same second as the one before: nothing to divide.
    if (high === this.#high && low >= this.#low && low - this.#low < 1e9) {
      this.nanoseconds = low - this.#low;
      return;
    }
    // 2^32 = 4 * 10^9 + 294967296. Each step is exact, as in OutputBuffer.unsigned64.
    const product = high * 294967296;
    const rest = product % 1e9;
    const sum = rest + low;
    this.nanoseconds = sum % 1e9;
    this.seconds = high * 4 + (product - rest) / 1e9 + (sum - this.nanoseconds) / 1e9;
    this.#high = high;
    this.#low = low < this.nanoseconds ? Number.NaN : low - this.nanoseconds;
  }
}

/** A column of ASCII. */
export function plain(column: Omit<PlainColumn, 'kind'>): PlainColumn {
  return { kind: 'plain', ...column };
}

/** Of a number of eight bytes: not there where it is 0, which means that it is not known. */
export function unlessZero(field: Field, column: PlainColumn): PlainColumn {
  const isPresent = ({ view, offset }: EventRecord) => view.getBigUint64(offset + field.offset, true) !== 0n;
  return { ...column, isPresent, value: (record) => (isPresent(record) ? column.value(record) : undefined) };
}

/** A column of somebody else's bytes. */
export function text(name: string, width: number, locate: TextColumn['locate'], { isSpan = false } = {}): TextColumn {
  const span = new TextSpan();
  return {
    kind: 'text',
    json: 'string',
    name,
    width,
    align: 'left',
    isSpan,
    locate,
    value: (record) => {
      locate(record, span);
      return spanText(span);
    },
  };
}
