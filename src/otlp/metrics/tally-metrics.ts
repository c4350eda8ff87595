import type { Column, EventRecord } from '../../events/column.js';
import type { Rows } from '../../events/rows.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { histogramAmounts } from './metric-histogram.js';
import { Instrument, type MetricOptions } from './metric-instrument.js';
import type { MetricMappings } from './metric-mapping.js';
import type { Metric } from './metric-points.js';

/** Shape of a tool's aggregates. */
export interface TallyShape {
  /** Name of the rows' event, such as `tcp_top`. */
  readonly event: string;
  /** All columns, shown or not. */
  readonly columns: readonly Column[];
  /** Descriptions by column name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that can be summed. */
  readonly sums: readonly string[];
  /** Metrics by column. Each column named here is aggregated. */
  readonly mappings: MetricMappings;
  /** Columns requested by name, which are attributes in any case. */
  readonly chosen?: readonly string[];
  /** If given, the only columns that are attributes. */
  readonly by?: readonly string[] | undefined;
  /** Whether rows keep growing after a report instead of starting from zero. */
  readonly isTotal: boolean;
}

type Shape = Pick<TallyShape, 'columns' | 'sums' | 'mappings'>;

const isAmount = ({ kind, name }: Column, { sums, mappings }: Shape) =>
  kind === 'histogram' || sums.includes(name) || Object.hasOwn(mappings, name);

/** Members of struct tally. Points have their own times. */
const HEAD = ['time', 'interval'];

/** Columns that distinguish rows: no amounts, no columns derived from them, no repetitions. */
export function keyColumns(shape: Shape): Column[] {
  const histograms = shape.columns.filter(({ kind }) => kind === 'histogram').map(({ name }) => name);
  const derived = histograms.flatMap((name) => [`${name}_count`, `${name}_average`]);
  const others = [...HEAD, ...derived];
  return shape.columns.filter((column) => !column.repeats && !isAmount(column, shape) && !others.includes(column.name));
}

/**
 * Columns with a new value for each process, connection or peer. As attributes they would create an unlimited number of
 * series, nearly all of them dead. The container has attributes of its own in any case.
 */
const UNBOUNDED = [
  ...['pid', 'tid', 'ppid', 'cgroup', 'netns'],
  ...['local_addr', 'local_port', 'remote_addr', 'remote_port', 'remote_name'],
];

/** Key columns that are attributes. */
export function attributeColumns(shape: Pick<TallyShape, 'columns' | 'sums' | 'mappings' | 'chosen' | 'by'>): Column[] {
  const { by, chosen = [] } = shape;
  const isAttribute = by
    ? (name: string) => by.includes(name)
    : (name: string) => chosen.includes(name) || !UNBOUNDED.includes(name);
  return keyColumns(shape).filter(({ name }) => isAttribute(name));
}

/** Number of reports without changes after which a series is forgotten. */
const SILENT_REPORTS = 5;

/** Attributes and resource of rows. */
export interface RowOwner {
  readonly attributesOf: (record: EventRecord) => readonly KeyValue[];
  /** A resource other than the common one. */
  readonly resourceOf?: ((record: EventRecord) => RecordResource | undefined) | undefined;
}

/** An aggregated column and its metric. */
interface Amount {
  readonly instrument: Instrument;
  readonly attributes: readonly KeyValue[];
  read(record: EventRecord): bigint | BigUint64Array;
}

/** Converts the rows aggregated in the kernel to metrics. Rows with the same attributes are merged. */
export class TallyMetrics {
  readonly #owner: RowOwner;
  readonly #instruments = new Map<string, Instrument>();
  readonly #amounts: readonly Amount[];

  constructor(shape: TallyShape, owner: RowOwner, given: MetricOptions) {
    const options = { silent: SILENT_REPORTS, ...given };
    this.#owner = owner;
    this.#amounts = shape.columns
      .filter((column) => isAmount(column, shape))
      .map((column) => ({
        instrument: this.#instrumentOf(column, shape, options),
        attributes: Object.entries(shape.mappings[column.name]?.attributes ?? {}).map(([key, value]) =>
          keyValue(key, value),
        ),
        read: readerOf(column),
      }));
  }

  /** Metrics of a report at `time`, in nanoseconds since 1970. `rows` must be complete. */
  report(rows: Rows, time: bigint): Metric[] {
    rows.forEach((record) => {
      const attributes = this.#owner.attributesOf(record);
      const resource = this.#owner.resourceOf?.(record);
      for (const amount of this.#amounts)
        amount.instrument.add(
          amount.attributes.length > 0 ? [...attributes, ...amount.attributes] : attributes,
          amount.read(record),
          resource,
        );
    });
    return [...this.#instruments.values()].flatMap((instrument) => instrument.collect(time));
  }

  /** Instrument of a column, shared by columns with the same metric name. */
  #instrumentOf(column: Column, { event, fields, mappings, isTotal }: TallyShape, options: MetricOptions): Instrument {
    const mapping = mappings[column.name];
    const name = mapping?.name ?? `snoopkit.${event}.${column.name}`;
    const known = this.#instruments.get(name);
    if (known) return known;
    const amountKind = isTotal ? 'totals' : 'changes';
    const description = mapping?.description ?? fields[column.name] ?? '';
    const instrument =
      column.kind === 'histogram'
        ? Instrument.histogram({ name, description }, amountKind, options)
        : Instrument.counter({ name, description, unit: mapping?.unit ?? '1' }, amountKind, options);
    this.#instruments.set(name, instrument);
    return instrument;
  }
}

function readerOf(column: Column): Amount['read'] {
  if (column.kind === 'histogram') return (record) => histogramAmounts(column.value(record));
  return (record) => BigInt((column.value(record) as number | bigint | null | undefined) ?? 0);
}
