/**
 * A collector's view of records: a line of JSON for each log record, metric or span, and one for each attribute or
 * point of it.
 */
import assert from 'node:assert/strict';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { Rows } from '../../src/events/rows.js';
import { messageType } from '../../src/otlp/messages.js';
import type { MetricOptions } from '../../src/otlp/metrics/metric-instrument.js';
import { encodeMetric } from '../../src/otlp/metrics/metric-reader.js';
import { attributeColumns, TallyMetrics, type TallyShape } from '../../src/otlp/metrics/tally-metrics.js';
import { redactWords } from '../../src/otlp/redact/words.js';
import { ConnectionSpans } from '../../src/otlp/spans/connection-spans.js';
import { ProcessSpans } from '../../src/otlp/spans/process-spans.js';
import { encodeSpan, type Span } from '../../src/otlp/spans/span.js';
import type { KeyValue } from '../../src/otlp/values.js';
import { attributesBy, logEncoder, type OtlpView } from '../../src/otlp/view.js';
import { forEachRecord } from './synthetic-records.js';

const ARGS = 'redacted';
const LIMITS = { valueLength: Number.POSITIVE_INFINITY, attributeCount: 128 };
/** Nanoseconds since 1970. */
const START = 1_795_240_000_000_000_000n;
const NOW = 1_795_240_060_123_456_789n;

type Plain = Record<string, unknown>;

/** Contents of a scope's message, decoded. */
function decoded(message: 'ScopeLogs' | 'ScopeMetrics' | 'ScopeSpans', bytes: Uint8Array): Plain[] {
  const type = messageType(message);
  const { logRecords, metrics, spans } = type.toObject(type.decode(bytes), {
    longs: String,
    bytes: String,
    json: true,
  });
  return logRecords ?? metrics ?? spans ?? [];
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

/** Attributes of containers, whose position depends on whether this machine has cgroups of version 1. */
const ofContainer = ({ key }: KeyValue) => /^(container|k8s)\./.test(key);

/** `process.pid int "1"`, each in its position, except those of containers, which come last. */
function told(attributes: readonly KeyValue[]): string[] {
  const ordered = [...attributes.filter((one) => !ofContainer(one)), ...attributes.filter(ofContainer)];
  return ordered.map(({ key, value }) => {
    const [[type, content], ...more] = Object.entries(value) as [[string, unknown]];
    assert.equal(more.length, 0);
    return `${key} ${type.replace(/Value$/, '')} ${JSON.stringify(content)}`;
  });
}

const shownRecord = ({ attributes = [], ...rest }: Plain) =>
  line(rest) +
  told(attributes as KeyValue[])
    .map((attribute) => `  ${attribute}\n`)
    .join('');

const shownPoint = ({ attributes = [], ...rest }: Plain) =>
  `  ${JSON.stringify(rest)} ${told(attributes as KeyValue[]).join(', ')}`.trimEnd();

/** Log records of events, and of losses for these reasons. */
export function shownLogs(
  view: OtlpView,
  records: readonly Buffer[],
  body: OtlpView['columns'],
  reasons: readonly string[] = [],
): string {
  const encoder = logEncoder(view, view.columns, { ...LIMITS, args: ARGS, body });
  const out = new OutputBuffer();
  encoder.setObserved(NOW);
  forEachRecord(records, (record) => encoder.event(record, out));
  reasons.forEach((reason, i) => {
    encoder.lost({ reason, count: i + 1, total: i + 100 }, out);
  });
  return decoded('ScopeLogs', out.take()).map(shownRecord).join('');
}

/** A metric: its data is in a member named after its kind. */
function shownMetric({ name, description, unit, ...data }: Plain): string {
  const [[kind, { dataPoints, ...rest }]] = Object.entries(data) as [[string, Plain]];
  // Checks only for a description: its text is that of the help.
  const head = { name, ...(unit !== undefined && { unit }), isDescribed: !!description, [kind]: rest };
  return `${line(head)}${(dataPoints as Plain[]).map((point) => `${shownPoint(point)}\n`).join('')}`;
}

/** The metrics of rows after a second report of the same rows. */
export function shownMetrics(
  view: OtlpView,
  rows: Buffer,
  size: number,
  options: Omit<MetricOptions, 'start'>,
): string {
  const shape: TallyShape = {
    event: view.view.event.name,
    columns: view.columns,
    fields: view.view.fields,
    sums: view.tally?.sums ?? [],
    mappings: view.tally?.metrics ?? {},
    isTotal: view.tally?.isTotal ?? false,
    chosen: view.chosen,
    by: view.by,
  };
  const attributesOf = attributesBy(view, attributeColumns(shape), ARGS);
  const metrics = new TallyMetrics(shape, { attributesOf }, { ...options, start: START });
  metrics.report(new Rows(rows, size), NOW);
  const encoded = metrics.report(new Rows(rows, size), NOW + 60_000_000_000n).map(encodeMetric);
  return decoded('ScopeMetrics', Buffer.concat(encoded)).map(shownMetric).join('');
}

const IDS = ['traceId', 'spanId', 'parentSpanId'];

/** Ids are random, or derived from a secret of a run: each is replaced by a name, the same in all places. */
class Names {
  readonly #names = new Map<unknown, string>();

  of(id: unknown): string {
    const name = this.#names.get(id) ?? `id-${this.#names.size + 1}`;
    this.#names.set(id, name);
    return name;
  }
}

/** The spans of events. */
export function shownSpans(view: OtlpView, records: readonly Buffer[]): string {
  const spans: Span[] = [];
  const emit = (span: Span) => spans.push(span);
  const maker =
    view.tool.otlp?.spans === 'processes'
      ? new ProcessSpans(view.all, { emit, redact: (words) => redactWords(words), parentOf: () => 1 })
      : new ConnectionSpans(view.all, {
          emit,
          attributesOf: attributesBy(view, view.columns, ARGS),
          contextOf: () => undefined,
        });
  forEachRecord(records, (record) => maker.event(record));
  if (maker instanceof ProcessSpans) maker.end(NOW - START, START);
  const names = new Names();
  return decoded('ScopeSpans', Buffer.concat(spans.map((span) => encodeSpan(span, LIMITS))))
    .map((span) => ({
      ...span,
      ...Object.fromEntries(IDS.filter((key) => key in span).map((key) => [key, names.of(span[key])])),
    }))
    .map(shownRecord)
    .join('');
}
