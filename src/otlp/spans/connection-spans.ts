import type { Column, EventRecord } from '../../events/column.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { ALL, type FlagsOf, sampler } from './sampler.js';
import { type EmitSpan, SPAN_KIND } from './span.js';
import { newSpanId, newTraceId, type SpanContext } from './trace-context.js';

export interface ConnectionSpanOptions {
  readonly emit: EmitSpan;
  /** Attributes of a connection, equal to those of its log record. */
  readonly attributesOf: (record: EventRecord) => readonly KeyValue[];
  /** A resource other than the common one. */
  readonly resourceOf?: ((record: EventRecord) => RecordResource | undefined) | undefined;
  /** Trace context of a process, usually by EnvironmentContexts. */
  readonly contextOf: (pid: number) => SpanContext | undefined;
  /** Parent of connections whose process has no trace context. */
  readonly root?: SpanContext | undefined;
  /** Trace flags. Default: all traces are sampled. */
  readonly flagsOf?: FlagsOf;
}

const ERROR_TYPE = 'error.type';

/** The initiator determines the kind and which port is the server's. */
const ROLES: Readonly<Record<string, { kind: 2 | 3; serverPort: string }>> = {
  client: { kind: SPAN_KIND.CLIENT, serverPort: 'remote_port' },
  server: { kind: SPAN_KIND.SERVER, serverPort: 'local_port' },
};

/**
 * Spans of TCP connections, from the events of tcplife: children of the span in the process's environment, or each in a
 * trace of its own.
 */
export class ConnectionSpans {
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #options: ConnectionSpanOptions;
  /**
   * Connections without a span. They began before tracing at an unknown time, and an invented one would be taken for a
   * measurement.
   */
  withoutStart = 0;

  constructor(columns: readonly Column[], options: ConnectionSpanOptions) {
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#options = options;
  }

  /** Emits the span of an ended connection and returns its context; undefined without a span. */
  event(record: EventRecord): SpanContext | undefined {
    const value = (name: string) => this.#columns.get(name)?.value(record);
    const duration = value('duration') as bigint | undefined;
    if (duration === undefined) {
      this.withoutStart++;
      return undefined;
    }
    const { attributesOf, contextOf, root, emit, flagsOf = sampler(ALL) } = this.#options;
    const above = contextOf(value('pid') as number) ?? root;
    const traceId = above?.traceId ?? newTraceId();
    const context = { traceId, spanId: newSpanId(), flags: flagsOf(traceId, above), state: above?.state };
    const role = ROLES[value('role') as string];
    const error = errorOf(value('close') as string, value('closed_by') as string);
    const end = value('time') as bigint;
    // The log record may have one, too, and names must be unique.
    const attributes = attributesOf(record).filter(({ key }) => key !== ERROR_TYPE);
    emit({
      context,
      parent: above && { spanId: above.spanId, isRemote: true },
      name: role ? `tcp ${value(role.serverPort)}` : 'tcp',
      kind: role?.kind ?? SPAN_KIND.INTERNAL,
      start: end - duration,
      end,
      attributes: error === undefined ? attributes : [...attributes, keyValue(ERROR_TYPE, error)],
      hasFailed: error !== undefined,
      resource: this.#options.resourceOf?.(record),
    });
    return context;
  }
}

/** Error of a connection. A local reset is none. */
function errorOf(close: string, closedBy: string): string | undefined {
  if (close === 'timeout') return 'ETIMEDOUT';
  return close === 'rst' && closedBy === 'peer' ? 'ECONNRESET' : undefined;
}
