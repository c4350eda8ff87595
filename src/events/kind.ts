import { type Bits, BtfError, type Shape, type StructLayout } from '../btf/index.js';
import {
  type Column,
  type EventRecord,
  type PlainColumn,
  type PlainTypes,
  spanText,
  type TextColumn,
  TextSpan,
} from './column.js';
import type { EventContext } from './context.js';
import type { TimeStyle } from './time-style.js';

/** A member of an event's struct. */
export interface Field {
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly shape: Shape;
  /** Set for bit-fields. */
  readonly bits?: Bits;
  /** Offset of another member of the event's struct, in bytes from the start of the record; undefined if there is none. */
  readonly near?: (member: string) => number | undefined;
}

/** The members of a field that is a struct. Throws BtfError when it is none. */
export function layoutOfField({ name, shape }: Field): StructLayout {
  if (shape.kind !== 'struct') throw new BtfError(`${name} is not a struct`);
  return shape.layout;
}

/** Makes the columns of a field: one, or one more for each reading of it that outputs offer. */
export type ColumnMaker = (field: Field, context: EventContext, options: SchemaOptions) => Column[];

/** Everything about a kind of field. Its columns state how each output shows it, and its type in JSON and TypeScript. */
export interface Kind {
  readonly columns: ColumnMaker;
  /**
   * True if the bytes of the member alone decide what is written, so that outputs may reuse the text of equal bytes.
   * False, the default, for text elsewhere in the record, and for anything that changes with the clock.
   */
  readonly isInPlace?: boolean | ((context: EventContext) => boolean);
}

/** Kinds by the typedef that a member of an event's struct has. */
export type Kinds = Readonly<Record<string, Kind>>;

/** Options of eventSchema(). */
export interface SchemaOptions {
  /** Times in a table; `local` by default. */
  readonly time?: TimeStyle;
  /** Kinds of the caller's own typedefs. One of the same name as a built-in kind replaces it. */
  readonly kinds?: Kinds;
}

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

/** A column of ASCII. The compiler checks that `value` returns what `type` states, or undefined if the event has none. */
export function plain<Type extends keyof PlainTypes>(
  column: Omit<PlainColumn, 'kind' | 'type' | 'value'> & {
    readonly type: Type;
    value(record: EventRecord): PlainTypes[Type] | undefined;
  },
): PlainColumn {
  return { kind: 'plain', ...column };
}

/** Makes a column of a number of eight bytes absent where it is 0, which means unknown. */
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
    type: isSpan ? 'string | null' : 'string',
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
