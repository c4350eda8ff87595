import assert from 'node:assert/strict';
import { layoutOf } from '../../../src/btf/index.js';
import type { Column, EventRecord } from '../../../src/events/column.js';
import { Rows } from '../../../src/events/rows.js';
import { messageType } from '../../../src/otlp/messages.js';
import type { MetricOptions } from '../../../src/otlp/metrics/metric-instrument.js';
import type { Metric } from '../../../src/otlp/metrics/metric-points.js';
import { encodeMetric } from '../../../src/otlp/metrics/metric-reader.js';
import { keyColumns, type TallyShape } from '../../../src/otlp/metrics/tally-metrics.js';
import { type KeyValue, keyValue } from '../../../src/otlp/values.js';
import type { ToolDefinition } from '../../../src/trace/tool.js';
import { ToolObject } from '../../helpers/tool-object.js';

export const START = 1_800_000_000_000_000_000n;
export const SECOND = 1_000_000_000n;

export const options = (changes: Partial<MetricOptions> = {}): MetricOptions => ({
  temporality: 'cumulative',
  histograms: 'explicit',
  start: START,
  ...changes,
});

/** A point as JSON has it: 64-bit integers are strings. */
export interface Point {
  attributes: { key: string; value: Record<string, unknown> }[];
  startTimeUnixNano: string;
  timeUnixNano: string;
  asInt: string;
  count: string;
  sum: number;
  bucketCounts: string[];
  explicitBounds: number[];
  scale: number;
  zeroCount: string;
  positive: { offset: number; bucketCounts: string[] } | undefined;
}

export interface DecodedMetric {
  name: string;
  description: string;
  unit: string;
  kind: string;
  temporality: number;
  isMonotonic: boolean;
  points: Point[];
}

/** A collector's view of bytes in ScopeMetrics. */
export function decode(encoded: Uint8Array): DecodedMetric {
  assert.equal(encoded[0], 0x12);
  const type = messageType('ScopeMetrics');
  const { metrics } = type.toObject(type.decode(encoded), { longs: String, arrays: true }) as {
    metrics: Record<string, { dataPoints: Point[]; aggregationTemporality: number; isMonotonic?: boolean }>[];
  };
  assert.equal(metrics.length, 1);
  const { name, description, unit, ...data } = metrics[0] as object as Record<string, string>;
  const [kind, content, ...more] = Object.entries(data)[0] as unknown as [string, (typeof metrics)[0][string]];
  assert.equal(more.length, 0);
  assert.ok(content.dataPoints.length > 0, `${name} is empty`);
  const { aggregationTemporality, isMonotonic = false, dataPoints } = content;
  return {
    name: name as string,
    description: description as string,
    unit: unit as string,
    kind,
    temporality: aggregationTemporality,
    isMonotonic,
    // What is zero is not there, as far as that is the same.
    points: dataPoints.map((point) => ({
      ...point,
      scale: point.scale ?? 0,
      positive: point.positive && { ...point.positive, offset: point.positive.offset ?? 0 },
    })),
  };
}

export const decodeAll = (metrics: readonly Metric[]): DecodedMetric[] =>
  metrics.map((metric) => decode(encodeMetric(metric)));

/** The attributes of a point, whatever their types. */
export const attributesOf = ({ attributes }: Point) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** The only one of some; the first of this name. */
export function metricOf(metrics: readonly DecodedMetric[], name: string): DecodedMetric {
  return metrics.find((metric) => metric.name === name) ?? assert.fail(`${name}: ${metrics.map((one) => one.name)}`);
}

/** The rows of a tool, as its BPF programs would leave them. */
export class TallyRows {
  readonly columns: readonly Column[];
  readonly #fields: Readonly<Record<string, string>>;
  readonly #layout: ReturnType<typeof layoutOf>;

  constructor(tool: ToolDefinition) {
    const object = new ToolObject(tool);
    const { event, fields } = tool.tally?.flag === undefined ? tool : tool.tally;
    const { struct } = event;
    this.#fields = fields;
    this.columns = object.columns(struct);
    this.#layout = layoutOf(object.btf, struct);
  }

  shape(changes: Partial<TallyShape> = {}): TallyShape {
    return {
      event: 'probe',
      columns: this.columns,
      fields: this.#fields,
      sums: [],
      mappings: {},
      isTotal: false,
      ...changes,
    };
  }

  /** Each row by the numbers of its members; `name.N` is the Nth of the 64-bit numbers in a member. */
  of(...rows: readonly Readonly<Record<string, number | bigint>>[]): Rows {
    const { size } = this.#layout;
    const bytes = Buffer.alloc(rows.length * size);
    rows.forEach((row, i) => {
      for (const [key, value] of Object.entries(row)) {
        const [name, index = '0'] = key.split('.');
        const member = this.#layout.members.find((candidate) => candidate.name === name) ?? assert.fail(key);
        const at = i * size + member.offset + 8 * Number(index);
        if ('size' in member.type && member.type.size === 4) bytes.writeUInt32LE(Number(value), at);
        else bytes.writeBigUInt64LE(BigInt(value), at);
      }
    });
    return new Rows(bytes, size);
  }
}

/** The keys by the names of their columns, where they are numbers; all of them, or these. */
export function byColumn(shape: TallyShape, ...names: readonly string[]): (record: EventRecord) => KeyValue[] {
  const columns = keyColumns(shape).filter(({ name }) => names.length === 0 || names.includes(name));
  return (record) =>
    columns.flatMap((column) => {
      const value = column.value(record);
      return typeof value === 'number' ? [keyValue(column.name, value)] : [];
    });
}
