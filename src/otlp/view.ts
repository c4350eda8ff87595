/** The columns that a run exports. */
import type { Column, EventRecord } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import { LogEncoder, type LogOptions } from './log-encoder.js';
import type { OtlpMapping } from './mapping.js';
import { messageType } from './messages.js';
import type { MetricMappings } from './metrics/metric-mapping.js';
import type { ArgsStyle } from './settings/flag-values.js';
import type { KeyValue } from './values.js';

/** Parts of a tool's definition that the export needs. */
export interface OtlpTool {
  readonly name: string;
  readonly event: { readonly name: string };
  readonly otlp?: OtlpMapping;
}

/** Parts of a tool's aggregates that the export needs. */
export interface OtlpTally {
  readonly sums?: readonly string[];
  readonly metrics?: MetricMappings;
  readonly isTotal?: boolean;
}

/** The exported view. */
export interface OtlpView {
  readonly tool: OtlpTool;
  /** Its struct: an event, or a row of aggregates. */
  readonly view: {
    readonly event: { readonly name: string };
    readonly columns: readonly string[];
    readonly fields: Readonly<Record<string, string>>;
  };
  readonly tally: OtlpTally | undefined;
  /** The exported columns. */
  readonly columns: readonly Column[];
  /** All columns. */
  readonly all: readonly Column[];
  /** Columns requested by name. */
  readonly chosen: readonly string[];
  /** The columns of --by, if given. */
  readonly by: readonly string[] | undefined;
  /** Whether the container is in the attributes rather than in the resource. */
  readonly hasContainer: boolean;
}

/** Encodes columns as log records. Columns without a name in the conventions are named after the tool's event, aggregated or not. */
export const logEncoder = (
  { tool, all, hasContainer }: OtlpView,
  columns: readonly Column[],
  options: Omit<LogOptions, 'tool' | 'owner'>,
): LogEncoder => {
  const owner = hasContainer ? all : undefined;
  return new LogEncoder(tool.event.name, columns, tool.otlp ?? {}, { ...options, tool: tool.name, owner });
};

const NO_LIMITS = { valueLength: Number.POSITIVE_INFINITY, attributeCount: Number.POSITIVE_INFINITY };

/** Reads columns as attributes, as plain objects, untruncated: spans have their own limits, and metrics none. */
export function attributesBy(
  view: OtlpView,
  columns: readonly Column[],
  args: ArgsStyle,
): (record: EventRecord) => KeyValue[] {
  const encoder = logEncoder(view, columns, { ...NO_LIMITS, args });
  const out = new OutputBuffer();
  const type = messageType('LogRecord');
  return (record) => {
    out.length = 0;
    encoder.attributes(record, out);
    // The message of decode() won't do: each field of a oneof is in its prototype, so that all values look like texts.
    const { attributes = [] } = type.toObject(type.decode(out.bytes.subarray(0, out.length)));
    return attributes as KeyValue[];
  };
}
