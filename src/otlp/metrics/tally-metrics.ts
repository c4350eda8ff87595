import type { Column, EventRecord } from '../../events/column.js';
import type { Rows } from '../../events/rows.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { histogramAmounts } from './metric-histogram.js';
import { Instrument, type MetricOptions } from './metric-instrument.js';
import type { MetricMappings } from './metric-mapping.js';
import type { Metric } from './metric-points.js';

/** What a tool adds up, as far as it matters here. */
export interface TallyShape {
  /** The name of the kind of its rows, such as `tcp_top`. */
  readonly event: string;
  /** All that there are, whichever of them are shown. */
  readonly columns: readonly Column[];
  /** What they mean, by their names. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns whose sums make sense. */
  readonly sums: readonly string[];
  /** What is to be known of columns beside: each that is named is one that is added up. */
  readonly mappings: MetricMappings;
  /** Columns that somebody has asked for by name, and so are attributes whatever they are. */
  readonly chosen?: readonly string[];
  /** The columns that are attributes, and no other, where somebody says which. */
  readonly by?: readonly string[] | undefined;
  /** Rows are not taken away by a report, but go on to grow. */
  readonly isTotal: boolean;
}

type Shape = Pick<TallyShape, 'columns' | 'sums' | 'mappings'>;

const isAmount = ({ kind, name }: Column, { sums, mappings }: Shape) =>
  kind === 'histogram' || sums.includes(name) || Object.hasOwn(mappings, name);

/** What struct tally has. Points say the time by themselves. */
const HEAD = ['time', 'interval'];

/** The columns that tell rows apart, and so are attributes: no amounts, nothing that is made of them, nothing twice. */
export function keyColumns(shape: Shape): Column[] {
  const histograms = shape.columns.filter(({ kind }) => kind === 'histogram').map(({ name }) => name);
  const derived = histograms.flatMap((name) => [`${name}_count`, `${name}_average`]);
  const others = [...HEAD, ...derived];
  return shape.columns.filter((column) => !column.repeats && !isAmount(column, shape) && !others.includes(column.name));
}

/**
 * What has a new value for each process, connection or peer: as attributes these would make series without end, of which all
 * but the latest are dead. The container is told in any case, by attributes of its own.
 */
const UNBOUNDED = [
  ...['pid', 'tid', 'ppid', 'cgroup', 'netns'],
  ...['local_addr', 'local_port', 'remote_addr', 'remote_port', 'remote_name'],
];

/** The key columns that are attributes. */
export function attributeColumns(shape: Pick<TallyShape, 'columns' | 'sums' | 'mappings' | 'chosen' | 'by'>): Column[] {
  const { by, chosen = [] } = shape;
  const isAttribute = by
    ? (name: string) => by.includes(name)
    : (name: string) => chosen.includes(name) || !UNBOUNDED.includes(name);
  return keyColumns(shape).filter(({ name }) => isAttribute(name));
}

/** A series of which so many reports tell nothing new is forgotten. */
const SILENT_REPORTS = 5;

/** What rows belong to. */
export interface RowOwner {
  readonly attributesOf: (record: EventRecord) => readonly KeyValue[];
  /** Where that is not the resource of all. */
  readonly resourceOf?: ((record: EventRecord) => RecordResource | undefined) | undefined;
}

/** A column that is added up, and the metric that has it. */
interface Amount {
  readonly instrument: Instrument;
  readonly attributes: readonly KeyValue[];
  read(record: EventRecord): bigint | BigUint64Array;
}

/** Makes metrics of the rows that a tool adds up in the kernel. Rows with the same attributes come together. */
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

  /** What there is to tell after a report, whose rows are all that there are: none may be left out. */
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

  /** That of a column: the same for columns whose name as a metric is the same. */
  #instrumentOf(column: Column, { event, fields, mappings, isTotal }: TallyShape, options: MetricOptions): Instrument {
    const mapping = mappings[column.name];
    const name = mapping?.name ?? `snoopkit.${event}.${column.name}`;
    const known = this.#instruments.get(name);
    if (known) return known;
    const telling = isTotal ? 'totals' : 'changes';
    const description = mapping?.description ?? fields[column.name] ?? '';
    const instrument =
      column.kind === 'histogram'
        ? Instrument.histogram({ name, description }, telling, options)
        : Instrument.counter({ name, description, unit: mapping?.unit ?? '1' }, telling, options);
    this.#instruments.set(name, instrument);
    return instrument;
  }
}

function readerOf(column: Column): Amount['read'] {
  if (column.kind === 'histogram') return (record) => histogramAmounts(column.value(record));
  return (record) => BigInt((column.value(record) as number | bigint | null | undefined) ?? 0);
}
