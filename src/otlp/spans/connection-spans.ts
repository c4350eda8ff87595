import type { Column, EventRecord } from '../../events/column.js';
import type { RecordResource } from '../types.js';
import { type KeyValue, keyValue } from '../values.js';
import { ALL, type FlagsOf, sampler } from './sampler.js';
import { type EmitSpan, SPAN_KIND } from './span.js';
import { newSpanId, newTraceId, type SpanContext } from './trace-context.js';

export interface ConnectionSpanOptions {
  readonly emit: EmitSpan;
  /** The attributes of a connection, as a log record of it has them. */
  readonly attributesOf: (record: EventRecord) => readonly KeyValue[];
  /** Whose it is, where that is not the resource of all. */
  readonly resourceOf?: ((record: EventRecord) => RecordResource | undefined) | undefined;
  /** The trace context of a process: EnvironmentContexts, as a rule. */
  readonly contextOf: (pid: number) => SpanContext | undefined;
  /** What connections belong to whose process has no trace context. */
  readonly root?: SpanContext | undefined;
  /** Which are sampled: all, unless told otherwise. */
  readonly flagsOf?: FlagsOf;
}

const ERROR_TYPE = 'error.type';

/** Who began it decides on the kind, and on which port is the server's. */
const ROLES: Readonly<Record<string, { kind: 2 | 3; serverPort: string }>> = {
  client: { kind: SPAN_KIND.CLIENT, serverPort: 'remote_port' },
  server: { kind: SPAN_KIND.SERVER, serverPort: 'local_port' },
};

/** Spans of TCP connections, from the events of tcplife: below what the process names in its environment, or else each of a trace of its own. */
export class ConnectionSpans {
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #options: ConnectionSpanOptions;
  /** Connections without a span: they began before tracing, nobody knows when, and an invented time would be taken for a measured one. */
  withoutStart = 0;

  constructor(columns: readonly Column[], options: ConnectionSpanOptions) {
    this.#columns = new Map(columns.map((column) => [column.name, column]));
    this.#options = options;
  }

  /** Makes the span of a connection that has ended, and says which one it is; undefined where it gets none. */
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
    // The log record may have one, too, and each is there once.
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

/** What went wrong with a connection: to reset it oneself is no error. */
function errorOf(close: string, closedBy: string): string | undefined {
  if (close === 'timeout') return 'ETIMEDOUT';
  return close === 'rst' && closedBy === 'peer' ? 'ECONNRESET' : undefined;
}
