import { BtfError, memberOf } from '../../btf/index.js';
import type { Bucket, EventRecord, Histogram } from '../column.js';
import { type ColumnMaker, type Field, type Kinds, layoutOfField, plain } from '../kind.js';
import { shownDuration } from './time.js';

/** Reads struct snoop_histogram of bpf/include/types.h: a count for each number of bits. */
function reader(field: Field): (record: EventRecord) => Histogram {
  const layout = layoutOfField(field);
  const [sum, slots] = [memberOf(layout, 'sum'), memberOf(layout, 'slots')];
  if (slots.type.kind !== 'array') throw new BtfError(`${field.name} is not a histogram`);
  const { length } = slots.type;
  return ({ view, offset: start }) => {
    const at = start + field.offset;
    const counts = Array.from({ length }, (_, slot) => Number(view.getBigUint64(at + slots.offset + slot * 8, true)));
    const buckets = counts.map(
      (count, slot): Bucket => ({
        from: slot === 0 ? 0 : 2 ** (slot - 1),
        to: slot === length - 1 ? undefined : 2 ** slot,
        count,
      }),
    );
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0);
    return {
      unit: 'ns',
      count: counts.reduce((total, count) => total + count, 0),
      sum: view.getBigUint64(at + sum.offset, true),
      buckets: first < 0 ? [] : buckets.slice(first, last + 1),
    };
  };
}

/** snoop_histogram_ns: how long things took; with columns for how many there were, and how long they took on average. */
const durationHistogramColumns: ColumnMaker = (field) => {
  const { name } = field;
  const read = reader(field);
  const average = (record: EventRecord) => {
    const { sum, count } = read(record);
    return count === 0 ? undefined : sum / BigInt(count);
  };
  const countOf = (record: EventRecord) => read(record).count;
  return [
    plain({
      name: `${name}_count`,
      json: 'integer',
      type: 'number',
      width: 10,
      align: 'right',
      value: countOf,
      write: (record, out) => out.ascii(String(countOf(record))),
    }),
    plain({
      name: `${name}_average`,
      json: 'integer',
      type: 'bigint',
      unit: 'ns',
      width: 10,
      align: 'right',
      value: average,
      isPresent: (record) => countOf(record) > 0,
      write: (record, out) => out.ascii(String(average(record) ?? '')),
      writeForPeople: (record, out) => out.ascii(shownDuration(Number(average(record)))),
    }),
    {
      kind: 'histogram',
      json: 'object',
      type: 'Histogram',
      name,
      width: 20,
      align: 'left',
      value: read,
    },
  ];
};

export const KINDS: Kinds = {
  snoop_histogram_ns: { columns: durationHistogramColumns },
};
