/** Data that arrived at a collector, as plain objects, independent of the collector and the encoding. */
import assert from 'node:assert/strict';
import { jsonEncoder } from '../../src/otlp/transport/json.js';
import type { Signal } from '../../src/otlp/types.js';
import type { Told } from './otlp-expected.js';
import type { HttpRequest } from './otlp-server.js';

export type Attributes = Readonly<Record<string, unknown>>;

export interface ArrivedLog {
  readonly time: string;
  readonly name: string;
  /** Empty if it belongs to no trace. */
  readonly trace: string;
  readonly span: string;
  readonly attributes: Attributes;
  /** The text of its body; undefined for none. */
  readonly body: string | undefined;
}

export interface ArrivedSpan {
  readonly trace: string;
  readonly id: string;
  /** Empty if it has none. */
  readonly parent: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly flags: number;
  /** The trace state; empty if there is none. */
  readonly state: string;
  readonly hasFailed: boolean;
  readonly attributes: Attributes;
  /** Number of dropped attributes. */
  readonly dropped: number;
}

export interface ArrivedPoint {
  readonly attributes: Attributes;
  readonly start: bigint;
  readonly time: bigint;
  /** Value of a sum or a gauge. */
  readonly value: number;
  /** Count of a histogram. */
  readonly count: number;
  readonly sum: number;
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly number[] };
}

export interface ArrivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram' | 'exponentialHistogram';
  /** 1: since the last time, 2: since the start. */
  readonly temporality: number;
  readonly points: readonly ArrivedPoint[];
}

interface Arrived {
  readonly logs: ArrivedLog[];
  readonly spans: ArrivedSpan[];
  readonly metrics: ArrivedMetric[];
}

export interface Arrivals extends Arrived {
  /** Log records with their resource, request by request. */
  readonly resources: readonly (Arrived & { readonly resource: Attributes })[];
}

/** An attribute's value without its type. */
export function plain(value: Told): unknown {
  if ('intValue' in value) return Number(value.intValue);
  if ('arrayValue' in value) return (value.arrayValue.values ?? []).map(plain);
  if ('kvlistValue' in value) return membersOf(value.kvlistValue.values);
  return Object.values(value)[0];
}

type Members = readonly { key: string; value: Told }[];

const membersOf = (members: Members): Attributes =>
  Object.fromEntries(members.map(({ key, value }) => [key, plain(value)]));

function attributesOf(attributes: Members = []): Attributes {
  const read = membersOf(attributes);
  assert.equal(Object.keys(read).length, attributes.length, 'each attribute once');
  return read;
}

const numbers = (texts: readonly string[] = []) => texts.map(Number);

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON, whose members are read by name.
type Json = any;

const logOf = (log: Json): ArrivedLog => ({
  time: log.timeUnixNano,
  name: log.eventName,
  trace: log.traceId ?? '',
  span: log.spanId ?? '',
  attributes: attributesOf(log.attributes),
  body: log.body?.stringValue,
});

const spanOf = (span: Json): ArrivedSpan => ({
  trace: span.traceId,
  id: span.spanId,
  parent: span.parentSpanId ?? '',
  name: span.name,
  kind: span.kind,
  start: BigInt(span.startTimeUnixNano),
  end: BigInt(span.endTimeUnixNano),
  flags: span.flags,
  state: span.traceState ?? '',
  hasFailed: span.status?.code === 2,
  attributes: attributesOf(span.attributes),
  dropped: span.droppedAttributesCount ?? 0,
});

const pointOf = (point: Json): ArrivedPoint => ({
  attributes: attributesOf(point.attributes),
  start: BigInt(point.startTimeUnixNano),
  time: BigInt(point.timeUnixNano),
  value: Number(point.asInt ?? point.asDouble ?? 0),
  count: Number(point.count ?? 0),
  sum: point.sum ?? 0,
  bucketCounts: numbers(point.bucketCounts),
  explicitBounds: point.explicitBounds ?? [],
  scale: point.scale ?? 0,
  zeroCount: Number(point.zeroCount ?? 0),
  positive: { offset: point.positive?.offset ?? 0, bucketCounts: numbers(point.positive?.bucketCounts) },
});

function metricOf(metric: Json): ArrivedMetric {
  const kind = (['sum', 'gauge', 'histogram', 'exponentialHistogram'] as const).find((name) => name in metric) ?? 'sum';
  const { dataPoints = [], aggregationTemporality = 0 } = metric[kind] ?? {};
  const { name, unit } = metric;
  return { name, unit, kind, temporality: aggregationTemporality, points: dataPoints.map(pointOf) };
}

/** Reads requests, in protobuf or JSON. */
export function arrivalsOf(requests: readonly Pick<HttpRequest, 'path' | 'headers' | 'body'>[]): Arrivals {
  const read = (signal: Signal): Json[] =>
    requests
      .filter(({ path }) => path.endsWith(`/v1/${signal}`))
      .map(({ headers, body }) =>
        JSON.parse((headers['content-type'] === 'application/json' ? body : jsonEncoder(signal)(body)).toString()),
      );
  const members = (lists: Json[], ...names: string[]): Json[] =>
    names.reduce((parents, name) => parents.flatMap((parent) => parent[name] ?? []), lists);
  const none = { logs: [], spans: [], metrics: [] };
  const resources = [
    ...members(read('logs'), 'resourceLogs').map((one) => ({
      ...none,
      resource: attributesOf(one.resource.attributes),
      logs: members([one], 'scopeLogs', 'logRecords').map(logOf),
    })),
    ...members(read('traces'), 'resourceSpans').map((one) => ({
      ...none,
      resource: attributesOf(one.resource.attributes),
      spans: members([one], 'scopeSpans', 'spans').map(spanOf),
    })),
    ...members(read('metrics'), 'resourceMetrics').map((one) => ({
      ...none,
      resource: attributesOf(one.resource.attributes),
      metrics: members([one], 'scopeMetrics', 'metrics').map(metricOf),
    })),
  ];
  return {
    resources,
    logs: resources.flatMap(({ logs }) => logs),
    spans: resources.flatMap(({ spans }) => spans),
    metrics: resources.flatMap(({ metrics }) => metrics),
  };
}
