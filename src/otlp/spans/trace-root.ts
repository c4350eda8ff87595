/** --trace-root: the traced command becomes the root span of all other spans. */
import { basename } from 'node:path';
import type { Identity } from '../containers.js';
import { type KeyValue, keyValue } from '../values.js';
import { outcomeOf } from './process-outcome.js';
import { ALL, type FlagsOf, sampler } from './sampler.js';
import { SPAN_KIND, type Span } from './span.js';
import { environmentContext, formatTraceparent, newSpanId, newTraceId, type SpanContext } from './trace-context.js';

export interface TraceRoot {
  /** The span of the command. */
  readonly context: SpanContext;
  /** Its parent, from our own TRACEPARENT. */
  readonly parent: SpanContext | undefined;
  /** The environment of the command, with its own TRACEPARENT. */
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a trace, or continues that of our own environment. */
export function traceRoot(env: NodeJS.ProcessEnv, flagsOf: FlagsOf = sampler(ALL)): TraceRoot {
  const parent = environmentContext(env);
  const traceId = parent?.traceId ?? newTraceId();
  const context = { traceId, spanId: newSpanId(), flags: flagsOf(traceId, parent), state: parent?.state };
  const { TRACESTATE, ...rest } = env;
  // TRACESTATE is meaningless without a TRACEPARENT.
  const state = parent?.state === undefined ? {} : { TRACESTATE };
  return { context, parent, env: { ...rest, ...state, TRACEPARENT: formatTraceparent(context) } };
}

/** The result of a command. Times are nanoseconds since 1970. */
export interface CommandRun {
  readonly words: readonly string[];
  /** The words that may be shown. */
  readonly shown: readonly string[] | undefined;
  readonly pid: number;
  readonly start: bigint;
  readonly end: bigint;
  /** The exit status as a shell reports it; undefined if it has not ended. */
  readonly status: number | undefined;
  /** Its container. */
  readonly owner?: Identity;
}

/** The span of the command, for tools that do not create a span per process. */
export function rootSpan({ context, parent }: TraceRoot, run: CommandRun): Span {
  const { words, shown, pid, start, end, status, owner } = run;
  const name = basename(words[0] ?? '');
  const outcome = status === undefined ? undefined : outcomeOf(status);
  const attributes: KeyValue[] = [
    keyValue('process.executable.name', name),
    keyValue('process.pid', pid),
    ...(outcome?.attributes ?? [keyValue('snoopkit.span.unfinished', true)]),
    keyValue('process.args_count', words.length),
    ...(shown ? [keyValue('process.command_args', shown)] : []),
    ...(owner?.attributes ?? []),
  ];
  return {
    context,
    parent: parent && { spanId: parent.spanId, isRemote: true },
    name,
    kind: SPAN_KIND.INTERNAL,
    start,
    end,
    attributes,
    hasFailed: outcome?.hasFailed ?? false,
    resource: owner?.resource,
  };
}
