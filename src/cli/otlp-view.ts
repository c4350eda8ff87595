/** What a run tells a collector of its columns. */
import type { Column, EventRecord } from '../events/column.js';
import { OutputBuffer } from '../events/output-buffer.js';
import { LogEncoder, type LogOptions } from '../output/otlp/log-encoder.js';
import { messageType } from '../output/otlp/messages.js';
import type { ArgsStyle } from '../output/otlp/settings/flag-values.js';
import type { KeyValue } from '../output/otlp/values.js';
import type { Tally, View } from './tally.js';
import type { ToolDefinition } from './tool.js';

/** What is told, of which columns. */
export interface OtlpView {
  readonly tool: ToolDefinition;
  readonly view: View;
  readonly tally: Tally | undefined;
  /** Those that are told. */
  readonly columns: readonly Column[];
  /** All that there are. */
  readonly all: readonly Column[];
  /** Columns that somebody has asked for by name. */
  readonly chosen: readonly string[];
  /** Those that tell metrics apart, where --by says which. */
  readonly by: readonly string[] | undefined;
  /** Whether attributes tell the container, and not the resource. */
  readonly hasContainer: boolean;
}

/** Makes log records of columns. What has no name in the conventions is named after the tool's event, added up or not. */
export const logEncoder = (
  { tool, all, hasContainer }: OtlpView,
  columns: readonly Column[],
  options: Omit<LogOptions, 'tool' | 'owner'>,
): LogEncoder => {
  const owner = hasContainer ? all : undefined;
  return new LogEncoder(tool.event.name, columns, tool.otlp ?? {}, { ...options, tool: tool.name, owner });
};

const NO_LIMITS = { valueLength: Number.POSITIVE_INFINITY, attributeCount: Number.POSITIVE_INFINITY };

/** Reads the attributes that columns are, as plain objects: all of each, for spans have limits of their own, and metrics none. */
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
    // Not what decode() makes: there, each field of a oneof is in its prototype, and so all look like texts.
    const { attributes = [] } = type.toObject(type.decode(out.bytes.subarray(0, out.length)));
    return attributes as KeyValue[];
  };
}
