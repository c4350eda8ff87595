/** struct snoop_span of bpf/include/types.h: where in its record a text lies, as the object's BTF lays it out. */
import { BtfError, type Member, memberOf, type StructLayout } from '../btf/index.js';
import { outOfRange } from '../mistake.js';
import type { EventRecord, TextSpan } from './column.js';
import { type Field, layoutOfField } from './kind.js';

/** The numbers of enum snoop_source. */
export interface SpanSources {
  readonly missing: number;
  readonly read: number;
  readonly joined: number;
  readonly named: number;
}

const WORD = 4;
const WORD_BITS = 8 * WORD;

interface Place {
  readonly shift: number;
  readonly mask: number;
}

/** Position of a bit-field in the word that all bit-fields of a span share. */
function placeIn(word: number, { name, offset, bits }: Member): Place {
  const shift = bits ? 8 * (offset - word) + bits.offset : -1;
  if (!bits || shift < 0 || shift + bits.size > WORD_BITS)
    throw new BtfError(`snoop_span: ${name} is not in the same word as the other bits`);
  return { shift, mask: 2 ** bits.size - 1 };
}

const bitOf = ({ shift, mask }: Place) => mask << shift;

function sourcesOf({ type }: Member): SpanSources {
  const number = (name: string) => {
    const value = type.kind === 'enum' ? type.names.get(name) : undefined;
    if (typeof value !== 'number') throw new BtfError(`snoop_span: no ${name} in its source`);
    return value;
  };
  return {
    missing: number('SOURCE_MISSING'),
    read: number('SOURCE_READ'),
    joined: number('SOURCE_JOINED'),
    named: number('SOURCE_NAMED'),
  };
}

/** The member `offset`, in bytes from the start of the span. */
export const offsetInSpan = (layout: StructLayout): number => memberOf(layout, 'offset').offset;

/** Looks up once where the parts of a span are. A method, for V8 inlines it into the columns of all fields. */
export class SpanReader {
  readonly sources: SpanSources;
  readonly #name: string;
  readonly #offsetAt: number;
  readonly #wordAt: number;
  readonly #lengthShift: number;
  readonly #lengthMask: number;
  readonly #sourceShift: number;
  readonly #sourceMask: number;
  readonly #truncated: number;
  readonly #deleted: number;
  readonly #missing: number;

  constructor(field: Field) {
    const layout = layoutOfField(field);
    const inSpan = memberOf(layout, 'length').offset;
    const place = (name: string) => placeIn(inSpan, memberOf(layout, name));
    this.sources = sourcesOf(memberOf(layout, 'source'));
    this.#name = field.name;
    this.#offsetAt = field.offset + offsetInSpan(layout);
    this.#wordAt = field.offset + inSpan;
    ({ shift: this.#lengthShift, mask: this.#lengthMask } = place('length'));
    ({ shift: this.#sourceShift, mask: this.#sourceMask } = place('source'));
    this.#truncated = bitOf(place('truncated'));
    this.#deleted = bitOf(place('deleted'));
    this.#missing = this.sources.missing;
  }

  /** Reads where the text lies, and says where it comes from: one of `sources`. Throws RangeError when it lies outside the record. */
  read(record: EventRecord, span: TextSpan): number {
    const { view, offset: start } = record;
    const offset = view.getUint32(start + this.#offsetAt, true);
    const word = view.getUint32(start + this.#wordAt, true);
    const length = (word >>> this.#lengthShift) & this.#lengthMask;
    const source = (word >>> this.#sourceShift) & this.#sourceMask;
    if (offset + length > record.length) throw outOfRange(`${this.#name} lies outside its record`);
    span.set(record.bytes, start + offset, start + offset + length);
    span.isTruncated = (word & this.#truncated) !== 0;
    span.isMissing = source === this.#missing;
    return source;
  }

  isDeleted({ view, offset }: EventRecord): boolean {
    return (view.getUint32(offset + this.#wordAt, true) & this.#deleted) !== 0;
  }
}
