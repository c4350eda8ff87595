/** struct snoop_span of bpf/include/types.h: where in its record a text lies, as the object's BTF lays it out. */
import { BtfError, type Member, memberOf, type StructLayout } from '../../btf/index.js';
import type { EventRecord, TextSpan } from '../column.js';
import { type Field, layoutOfField } from './kind.js';

/** The numbers of enum snoop_source. */
export interface SpanSources {
  readonly missing: number;
  readonly read: number;
  readonly joined: number;
  readonly named: number;
}

export interface SpanReader {
  readonly sources: SpanSources;
  /** Reads where the text lies, and says where it comes from: one of `sources`. Throws RangeError when it lies outside the record. */
  read(record: EventRecord, span: TextSpan): number;
  isDeleted(record: EventRecord): boolean;
}

const WORD = 4;
const WORD_BITS = 8 * WORD;

interface Place {
  readonly shift: number;
  readonly mask: number;
}

/** Where a bit-field is in the word that all of them share. */
function placeIn(word: number, { name, offset, bits }: Member): Place {
  const shift = bits ? 8 * (offset - word) + bits.offset : -1;
  if (!bits || shift < 0 || shift + bits.size > WORD_BITS)
    throw new BtfError(`snoop_span: ${name} is not in the same word as the other bits`);
  return { shift, mask: 2 ** bits.size - 1 };
}

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

/** Looks up once where the parts of a span are: reading one takes two loads. */
export function spanReader(field: Field): SpanReader {
  const layout = layoutOfField(field);
  const source = memberOf(layout, 'source');
  const inSpan = memberOf(layout, 'length').offset;
  const [length, deleted, truncated, from] = ['length', 'deleted', 'truncated', 'source'].map((name) =>
    placeIn(inSpan, memberOf(layout, name)),
  ) as [Place, Place, Place, Place];
  const sources = sourcesOf(source);
  const { missing } = sources;
  const offsetAt = field.offset + offsetInSpan(layout);
  const wordAt = field.offset + inSpan;
  return {
    sources,
    read: (record, span) => {
      const offset = record.view.getUint32(record.offset + offsetAt, true);
      const word = record.view.getUint32(record.offset + wordAt, true);
      const size = (word >>> length.shift) & length.mask;
      const origin = (word >>> from.shift) & from.mask;
      if (offset + size > record.length) throw new RangeError(`${field.name} lies outside its record`);
      span.set(record.bytes, record.offset + offset, record.offset + offset + size);
      span.isTruncated = ((word >>> truncated.shift) & truncated.mask) !== 0;
      span.isMissing = origin === missing;
      return origin;
    },
    isDeleted: ({ view, offset }) => ((view.getUint32(offset + wordAt, true) >>> deleted.shift) & deleted.mask) !== 0,
  };
}
