/** Events as log records: opentelemetry.proto.logs.v1.LogRecord. */
import type { Column, EventRecord, PlainColumn } from '../events/column.js';
import { type OutputBuffer, Snippet } from '../events/output-buffer.js';
import { memoized, type Part } from '../output/memo.js';
import { type AttributeOptions, attributePart, constantAttributes, isThere } from './attributes.js';
import { bodyPart } from './body.js';
import { containerPart } from './containers.js';
import { type OtlpMapping, OWN, othersOf, ruleOf } from './mapping.js';
import { messageType } from './messages.js';
import { limited } from './spans/limits.js';
import { keyValue } from './values.js';
import { close, fixed64, open, tag, textField } from './wire.js';

/** ScopeLogs.log_records */
const RECORD = tag(2, 'bytes');
/** The fields of LogRecord. */
const TIME = tag(1, 'fixed64');
const SEVERITY = tag(2, 'varint');
const OBSERVED = tag(11, 'fixed64');
const EVENT_NAME = 12;
/** SeverityNumber */
const INFO = 9;
const WARN = 13;

/** A loss in the stream: its count since the last report, and in total. */
export interface LostRecord {
  readonly reason: string;
  readonly count: number;
  readonly total: number;
}

/** A point in time since 1970. */
interface WallTime {
  seconds: number;
  nanoseconds: number;
}

/** Nanoseconds since 1970 in 64 bits. Each step is exact. */
function unixNano(out: OutputBuffer, field: number, { seconds, nanoseconds }: WallTime): void {
  // seconds * 10^9 = (high part * 10^9) * 2^16 + low part * 10^9; each product is below 2^53.
  const upper = Math.floor(seconds / 0x10000) * 1e9;
  const sum = (seconds % 0x10000) * 1e9 + nanoseconds + (upper % 0x10000) * 0x10000;
  out.byte(field);
  fixed64(out, sum % 0x1_0000_0000, Math.floor(upper / 0x10000) + Math.floor(sum / 0x1_0000_0000));
}

export interface LogOptions extends AttributeOptions {
  /** The tool's name. */
  readonly tool: string;
  /** Maximum number of attributes per record: OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT. */
  readonly attributeCount: number;
  /**
   * All columns, from which the container's attributes are derived; omitted if the resource identifies the container.
   */
  readonly owner?: readonly Column[] | undefined;
  /** Columns in the body; without them, a record has no body. */
  readonly body?: readonly Column[] | undefined;
}

type Range = Column['dependsOn'];

/** Maximum size in bytes of a range that serves as a cache key. Beyond it, encoding anew is faster. */
const WIDEST_RANGE = 32;

/** Range of bytes that determines a column and those it depends on; undefined if it is too wide. */
function rangeOf(column: Column, names: readonly string[], columns: readonly Column[]): Range {
  const others = columns.filter(({ name }) => names.includes(name));
  return others.reduce<Range>((range, { dependsOn }) => {
    if (!range || !dependsOn) return undefined;
    const offset = Math.min(range.offset, dependsOn.offset);
    const size = Math.max(range.offset + range.size, dependsOn.offset + dependsOn.size) - offset;
    return size > WIDEST_RANGE ? undefined : { offset, size };
  }, column.dependsOn);
}

/** Encodes events as log records, each with tag and length, as a field of ScopeLogs. */
export class LogEncoder {
  readonly #options: LogOptions;
  readonly #time: PlainColumn | undefined;
  readonly #warns: (record: EventRecord) => boolean;
  readonly #name: Snippet;
  readonly #constants: Snippet;
  readonly #parts: readonly Part[];
  readonly #isLimited: boolean;
  readonly #body: Part | undefined;
  readonly #at: WallTime = { seconds: 0, nanoseconds: 0 };
  readonly #observed: WallTime = { seconds: 0, nanoseconds: 0 };

  /** `event` is the event's name in JSON. */
  constructor(event: string, columns: readonly Column[], mapping: OtlpMapping, options: LogOptions) {
    const { event: name = event, constants = {}, warns = ['error'] } = mapping;
    this.#options = options;
    this.#time = columns.find((column): column is PlainColumn => column.kind === 'plain' && !!column.readTime);
    const warning = warns === 'always' ? [] : columns.filter((column) => warns.includes(column.name));
    this.#warns = warns === 'always' ? () => true : (record) => warning.some((column) => isThere(column, record));
    this.#name = new Snippet(textField(EVENT_NAME, OWN + name));
    this.#constants = new Snippet(constantAttributes(constants, options.valueLength));
    const shown = columns.filter((column) => column !== this.#time && !column.repeats);
    this.#body = options.body && bodyPart(options.body, options.args);
    const container = options.owner && containerPart(options.owner, options.valueLength);
    // A column hardly ever makes more than three attributes.
    this.#isLimited = options.attributeCount < 3 * (shown.length + 1);
    const keyed = shown.map((column) => ({
      // A column that depends on another one can't be cached by its own bytes alone.
      dependsOn: rangeOf(column, othersOf(ruleOf(column.name, event, mapping)), columns),
      isPassing: column.isPassing,
      part: attributePart(column, columns, event, mapping, options),
    }));
    // Next to the column cached by the same bytes.
    const at = shown.findIndex(({ name }) => name === 'cgroup') + 1;
    if (container) keyed.splice(at > 0 && container.dependsOn ? at : keyed.length, 0, container);
    this.#parts = memoized(
      keyed,
      keyed.map(({ part }) => part),
    );
  }

  /** Sets the observed time of the following events, in nanoseconds since 1970. */
  setObserved(nanoseconds: bigint): void {
    this.#observed.seconds = Number(nanoseconds / 1_000_000_000n);
    this.#observed.nanoseconds = Number(nanoseconds % 1_000_000_000n);
  }

  /** Encodes an event; `context` is its span, as fields of LogRecord. Throws RangeError if the record can't be read. */
  event(record: EventRecord, out: OutputBuffer, context?: Uint8Array): void {
    const start = open(out, RECORD, 2);
    this.#time?.readTime?.(record, this.#at);
    unixNano(out, TIME, this.#time ? this.#at : this.#observed);
    out.byte(SEVERITY);
    out.byte(this.#warns(record) ? WARN : INFO);
    this.#body?.(record, out);
    this.attributes(record, out);
    if (context) out.append(context);
    unixNano(out, OBSERVED, this.#observed);
    out.insert(this.#name);
    close(out, start, 2);
  }

  /** Encodes the attributes of an event alone, as fields of LogRecord. */
  attributes(record: EventRecord, out: OutputBuffer): void {
    const start = out.length;
    out.insert(this.#constants);
    for (const part of this.#parts) part(record, out);
    if (this.#isLimited) this.#limit(out, start);
  }

  /** Removes attributes beyond the limit and sets dropped_attributes_count. */
  #limit(out: OutputBuffer, start: number): void {
    const type = messageType('LogRecord');
    const { attributes } = type.decode(out.bytes.subarray(start, out.length)) as unknown as { attributes: object[] };
    const dropped = attributes.splice(this.#options.attributeCount).length;
    if (dropped === 0) return;
    out.length = start;
    out.append(type.encode({ attributes, droppedAttributesCount: dropped }).finish());
  }

  /** Encodes a loss as a log record. */
  lost({ reason, count, total }: LostRecord, out: OutputBuffer): void {
    const start = open(out, RECORD, 2);
    unixNano(out, TIME, this.#observed);
    out.byte(SEVERITY);
    out.byte(WARN);
    const attributes = [
      keyValue(`${OWN}lost.reason`, reason),
      keyValue(`${OWN}lost.count`, count),
      keyValue(`${OWN}lost.total`, total),
      keyValue(`${OWN}tool`, this.#options.tool),
    ];
    out.append(messageType('LogRecord').encode(limited(attributes, this.#options)).finish());
    unixNano(out, OBSERVED, this.#observed);
    out.append(textField(EVENT_NAME, `${OWN}events.lost`));
    close(out, start, 2);
  }
}
